"""Makes src/test/resources/safetensors/python.safetensors with the format's own Python package: pip install safetensors numpy."""
import sys

import numpy as np
from safetensors.numpy import save_file

save_file({
    "f32": np.array([[1.5, -2.0, np.inf], [0.0, 1e-40, 3.25]], np.float32),
    "f64": np.array([1.0 / 3.0, -1e300], np.float64),
    "f16": np.array([1.0, -0.5, 65504.0, 6e-8, np.inf, -0.0], np.float16),
    "i64": np.array([1, -2, 2**31 - 1], np.int64),
    "i32": np.array([[-5], [6]], np.int32),
    "i8": np.array([-128, 127], np.int8),
    "u8": np.arange(7, dtype=np.uint8),
    "bool": np.array([True, False, True]),
    "scalar": np.array(4.5, np.float32),
    "empty": np.zeros((0, 3), np.float32),
}, sys.argv[1], metadata={"format": "np", "classes": '["äöü", "b"]'})
