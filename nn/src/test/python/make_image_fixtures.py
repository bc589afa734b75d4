"""Makes src/test/resources/images: small pictures in every supported format with the pixels Pillow reads from them, and what
torchvision's transforms make of one of them.

    pip install pillow numpy && pip download --no-deps torchvision && unzip -d TV torchvision-*.whl
    python make_image_fixtures.py TV PHOTO.jpg OUT

torchvision runs on its own code for PIL images; its imports of torch are answered by a stand-in, because nothing it does to PIL
images needs torch but random numbers, which are scripted here so that the Java side can draw the same ones.
"""
import io
import json
import sys
import types
import zipfile
import zlib
from unittest.mock import MagicMock

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin

TV, PHOTO, OUT = sys.argv[1:4]


class Draw:
    """What torch.empty(1) and friends return here: uniform numbers from one scripted sequence."""
    def __init__(self, value=0.0): self.value = value
    def uniform_(self, a, b): return Draw(float(a) + (float(b) - float(a)) * next(SCRIPT))
    def item(self): return self.value
    def __float__(self): return float(self.value)
    def __getitem__(self, i): return self.value[i]
    def __iter__(self): return iter(self.value)


SCRIPT = iter(())
torch = MagicMock()
torch.Tensor = type("Tensor", (), {})
torch.nn.Module = type("Module", (), {"__init__": lambda self: None})
torch.jit.unused = lambda f: f
torch.no_grad = lambda: (lambda f: f)
torch.jit.is_scripting = lambda: False
torch.jit.is_tracing = lambda: False
torch.empty = lambda *_: Draw()
torch.tensor = lambda x: Draw(x)
torch.log = lambda d: Draw([float(np.log(v)) for v in d.value])
torch.exp = lambda d: Draw(float(np.exp(d.value)))
torch.randint = lambda lo, hi, size: Draw(lo + int(next(SCRIPT) * (hi - lo)))
for name in ["torch", "torch.nn", "torch.nn.functional", "torch.utils", "torch.utils._pytree", "torch.jit", "torch.nn.init",
             "torchvision.extension"]:
    sys.modules[name] = torch
package = types.ModuleType("torchvision")
package.__path__ = [TV + "/torchvision"]
sys.modules["torchvision"] = package
sub = types.ModuleType("torchvision.transforms")
sub.__path__ = [TV + "/torchvision/transforms"]
sys.modules["torchvision.transforms"] = sub
import torchvision.transforms.functional as F  # noqa: E402
from torchvision.transforms.transforms import RandomResizedCrop  # noqa: E402

manifest = []
pixels = zipfile.ZipFile(f"{OUT}/expected.zip", "w")  # name -> rows of RGB bytes


def expected(name, image):
    rgb = np.asarray(image.convert("RGB"), dtype=np.uint8)
    pixels.writestr(zipfile.ZipInfo(name), rgb.tobytes(), zipfile.ZIP_DEFLATED, 9)
    return rgb.shape[1], rgb.shape[0]


def add(name, data, tolerance):
    with open(f"{OUT}/{name}", "wb") as f:
        f.write(data)
    w, h = expected(name, ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    manifest.append(f"{name}\t{w}\t{h}\t{tolerance}")


def saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def png16(samples):
    """A 16-bit RGB PNG, which Pillow reads and cannot write."""
    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
    h, w, _ = samples.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    head = w.to_bytes(4, "big") + h.to_bytes(4, "big") + bytes([16, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


photo = Image.open(PHOTO).convert("RGB")
big = photo.crop((0, 0, 101, 83))
middle = photo.crop((10, 10, 71, 57))
small = photo.crop((20, 20, 61, 50))
rng = np.random.default_rng(3)
noise = Image.fromarray(rng.integers(0, 256, (19, 23, 3), dtype=np.uint8))

add("rgb.jpg", saved(big, "JPEG", quality=90), 0)
add("rgb_444.jpg", saved(big, "JPEG", quality=95, subsampling=0), 0)
add("rgb_422.jpg", saved(big, "JPEG", quality=80, subsampling=1), 0)
add("progressive.jpg", saved(big, "JPEG", quality=85, progressive=True), 0)
add("grey.jpg", saved(big.convert("L"), "JPEG", quality=90), 0)
add("keep_rgb.jpg", saved(big, "JPEG", quality=90, keep_rgb=True), 0)
cmyk = Image.merge("CMYK", [*big.convert("CMYK").split()[:3], ImageOps.invert(big.convert("L")).point(lambda v: v // 3)])
add("cmyk.jpg", saved(cmyk, "JPEG", quality=92), 0)
# YCCK: the same coded data declared as such (the Adobe segment's transform byte is 2)
ycck = bytearray(saved(cmyk, "JPEG", quality=92))
at = ycck.index(b"Adobe")
ycck[at + 11] = 2
add("ycck.jpg", bytes(ycck), 0)
for o in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = o
    add(f"exif{o}.jpg", saved(small, "JPEG", quality=90, exif=exif.tobytes()), 0)
exif = Image.Exif()
exif[0x0112] = 6
add("rgb.png", saved(big, "PNG"), 0)
add("exif6.png", saved(small, "PNG", exif=exif.tobytes()), 0)
add("grey.png", saved(small.convert("L"), "PNG"), 0)
add("bilevel.png", saved(small.convert("1"), "PNG"), 0)
add("palette.png", saved(small.quantize(32), "PNG"), 0)
add("palette_clear.png", saved(small.quantize(16), "PNG", transparency=3), 0)
alpha = small.copy()
alpha.putalpha(small.convert("L"))
add("alpha.png", saved(alpha, "PNG"), 0)
add("grey_alpha.png", saved(alpha.convert("LA"), "PNG"), 0)
ramp = np.arange(19 * 23 * 3, dtype=np.uint32).reshape(19, 23, 3) * 50 % 65536
add("rgb16.png", png16(ramp), 0)
grey16 = Image.fromarray((ramp[:, :, 0]).astype(np.uint16))
with open(f"{OUT}/grey16.png", "wb") as f:
    f.write(saved(grey16, "PNG"))
high = Image.fromarray((ramp[:, :, 0] >> 8).astype(np.uint8))
manifest.append("grey16.png\t%d\t%d\t0" % expected("grey16.png", high))  # the high byte, as Pillow does for colour
add("lossy.webp", saved(big, "WEBP", quality=85), 2)
add("lossless.webp", saved(big, "WEBP", lossless=True), 0)
add("lossless_alpha.webp", saved(alpha, "WEBP", lossless=True, exact=True), 0)
add("lossy_alpha.webp", saved(alpha, "WEBP", quality=90, exact=True), 2)
add("exif6.webp", saved(small, "WEBP", lossless=True, exif=exif.tobytes()), 0)
add("rgb.bmp", saved(noise, "BMP"), 0)
add("grey.bmp", saved(noise.convert("L"), "BMP"), 0)
add("palette.bmp", saved(small.quantize(8), "BMP"), 0)
add("bilevel.bmp", saved(small.convert("1"), "BMP"), 0)
add("rgba.bmp", saved(alpha, "BMP"), 0)

# What torchvision makes of middle.png and of noise.png
add("middle.png", saved(middle, "PNG"), 0)
add("noise.png", saved(noise, "PNG"), 0)
pictures = {"middle.png": middle, "noise.png": noise}
operations = {
    "resize": lambda im, v: F.resize(im, [int(v)]),
    "centercrop": lambda im, v: F.center_crop(im, [int(v)]),
    "flip": lambda im, v: F.hflip(im),
    "brightness": F.adjust_brightness,
    "contrast": F.adjust_contrast,
    "saturation": F.adjust_saturation,
    "hue": F.adjust_hue,
}
cases = [("resize", v) for v in (1, 7, 16, 23, 47, 60, 90)] + [("centercrop", v) for v in (8, 15, 20, 22, 47, 52, 80)]
cases += [("flip", 0)] + [(c, v) for c in ("brightness", "contrast", "saturation") for v in (0.0, 0.4, 1.0, 1.7)]
cases += [("hue", v) for v in (-0.5, -0.13, 0.0, 0.07, 0.31)]
done = []
for picture, image in pictures.items():
    for operation, value in cases:
        name = f"{picture}.{operation}.{value}"
        w, h = expected(name, operations[operation](image, value))
        done.append(f"{name}\t{picture}\t{operation}\t{value}\t{w}\t{h}")
boxes = [(3, 5, 40, 30, 32), (0, 0, 61, 47, 24), (40, 30, 10, 12, 32), (11, 2, 44, 44, 44)]
for left, top, w, h, size in boxes:
    name = f"middle.png.crop.{left}_{top}_{w}_{h}_{size}"
    expected(name, F.resized_crop(middle, top, left, h, w, [size, size]))
    done.append(f"{name}\tmiddle.png\tcrop\t{left},{top},{w},{h}\t{size}\t{size}")
open(f"{OUT}/transforms.tsv", "w").write("\n".join(done) + "\n")
open(f"{OUT}/decode.tsv", "w").write("\n".join(manifest) + "\n")

# Crop boxes for scripted uniform numbers
rows = []
for (w, h), scale, ratio in [((101, 83), (0.08, 1.0), (3 / 4, 4 / 3)), ((112, 112), (0.35, 1.0), (1.0, 1.0)),
                             ((300, 20), (0.9, 1.0), (3 / 4, 4 / 3)), ((20, 300), (0.9, 1.0), (3 / 4, 4 / 3)),
                             ((50, 50), (2.0, 3.0), (3 / 4, 4 / 3)), ((7, 5), (0.01, 1.0), (0.5, 2.0))]:
    for _ in range(8):
        script = [float(u) for u in rng.random(40)]
        SCRIPT = iter(script)
        im = types.SimpleNamespace()
        top, left, ch, cw = RandomResizedCrop.get_params(Image.new("RGB", (w, h)), scale, ratio)
        rows.append({"width": w, "height": h, "scale": scale, "ratio": ratio, "uniform": script, "box": [left, top, cw, ch]})
json.dump(rows, open(f"{OUT}/crops.json", "w"))
pixels.close()
