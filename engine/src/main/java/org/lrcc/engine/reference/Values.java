package org.lrcc.engine.reference;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Tensor;

/** Between tensors and arrays of doubles, which is all that the loops of this package see. */
final class Values {
    private Values() {}

    /** The elements of an F32 or F64 tensor. */
    static double[] read(Tensor tensor) {
        return tensor.toDoubles();
    }

    /** The elements of an F32 or F64 tensor, or null for null. */
    static double @Nullable [] readOptional(@Nullable Tensor tensor) {
        return tensor == null ? null : tensor.toDoubles();
    }

    /** Overwrites an F32 (rounding) or F64 tensor. */
    static void write(double[] values, Tensor tensor) {
        if (tensor.dtype() == DType.F64) {
            tensor.storage().write(tensor.offset(), values, 0, values.length);
            return;
        }
        float[] narrow = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (float) values[i];
        }
        tensor.storage().write(tensor.offset(), narrow, 0, narrow.length);
    }

    /** Overwrites an I32 or U8 tensor. */
    static void write(int[] values, Tensor tensor) {
        if (tensor.dtype() == DType.I32) {
            tensor.storage().write(tensor.offset(), values, 0, values.length);
            return;
        }
        byte[] narrow = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (byte) values[i];
        }
        tensor.storage().write(tensor.offset(), narrow, 0, narrow.length);
    }

    /** The elements of an I32 or U8 tensor. */
    static int[] readInts(Tensor tensor) {
        if (tensor.dtype() == DType.I32) {
            return tensor.toInts();
        }
        byte[] narrow = tensor.toBytes();
        int[] values = new int[narrow.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = narrow[i] & 0xFF;
        }
        return values;
    }
}
