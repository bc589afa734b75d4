#!/usr/bin/env python3
"""Measures with PyTorch, on the same card, what gpu-check measured, and adds the rows to the newest gpu-*.md of a folder.

Usage: gpu_check_torch.py FOLDER [DEVICE]; another device than cuda rehearses the script with little to do.
"""
import functools
import glob
import os
import sys
import time

import torch
import torch.nn.functional as F
from resnet18 import LoraConv, plain, resnet18

DEVICE = sys.argv[2] if len(sys.argv) > 2 else "cuda"
REAL = DEVICE == "cuda"
RANK = 8
# In, out, side of the input, kernel, stride: as in CardLayers.
LAYERS = [
    (3, 64, 224, 7, 2), (64, 64, 56, 3, 1), (64, 128, 56, 3, 2), (64, 128, 56, 1, 2), (128, 128, 28, 3, 1),
    (128, 256, 28, 3, 2), (128, 256, 28, 1, 2), (256, 256, 14, 3, 1), (256, 512, 14, 3, 2), (256, 512, 14, 1, 2),
    (512, 512, 7, 3, 1),
]


def wait():
    if REAL:
        torch.cuda.synchronize()


def seconds(work):
    runs = 10 if REAL else 1
    for _ in range(3 if REAL else 0):
        work()
    wait()
    start = time.perf_counter()
    for _ in range(runs):
        work()
    wait()
    return (time.perf_counter() - start) / runs


def steps(row, precision):
    for batch in (32, 128, 256) if REAL else (2,):
        for what in ("all weights", "lora_mode of rank %d" % RANK):
            model = resnet18(plain if what == "all weights" else functools.partial(LoraConv, RANK)).to(DEVICE)
            parameters = [p for p in model.parameters() if p.requires_grad]
            optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=1e-4)
            side = 224 if REAL else 32
            x = torch.randn(batch, 3, side, side, device=DEVICE)
            labels = torch.zeros(batch, dtype=torch.long, device=DEVICE)

            def step():
                optimizer.zero_grad(set_to_none=True)
                F.cross_entropy(model(x), labels).backward()
                optimizer.step()

            took = seconds(step)
            row("ResNet18 training step, %s, batch %d, %s" % (what, batch, precision), took, "%.0f images/s" % (batch / took))


def layers(row, precision):
    for channels, out, side, k, stride in LAYERS:
        batch = 128 if REAL else 1
        x = torch.randn(batch, channels, side, side, device=DEVICE)
        w = torch.randn(out, channels, k, k, device=DEVICE)
        y = F.conv2d(x, w, None, stride, k // 2)
        flops = 2.0 * y.numel() * channels * k * k
        name = "conv %dx%d, %d to %d channels, %d pixels, stride %d, batch %d: " % (k, k, channels, out, side, stride, batch)

        def gradient(of_x, of_w):
            return torch.ops.aten.convolution_backward(
                y, x, w, None, [stride] * 2, [k // 2] * 2, [1, 1], False, [0, 0], 1, [of_x, of_w, False])

        for what, work in (
            ("forward", lambda: F.conv2d(x, w, None, stride, k // 2)),
            ("input gradient", lambda: gradient(True, False)),
            ("weight gradient", lambda: gradient(False, True)),
        ):
            took = seconds(work)
            row(name + what + ", " + precision, took, "%.2f TFLOP/s" % (flops / took * 1e-12))


def main(folder):
    reports = sorted(glob.glob(os.path.join(folder, "gpu-*.md")), key=os.path.getmtime)
    if not reports:
        sys.exit("gpu-check: there is no report in %s to add PyTorch's rows to" % folder)
    torch.backends.cudnn.benchmark = True
    if not REAL:
        torch.set_num_threads(1)
    with open(reports[-1], "a") as report:

        def row(what, took, rate):
            line = "| PyTorch %s, %s | %.3f ms | %s |" % (torch.__version__, what, took * 1e3, rate)
            print(line, flush=True)
            report.write(line + "\n")
            report.flush()

        for precision in ("fp32", "tf32"):
            torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
            torch.backends.cudnn.allow_tf32 = precision == "tf32"
            with torch.no_grad():
                layers(row, precision)
            steps(row, precision)


if __name__ == "__main__":
    main(sys.argv[1])
