#!/usr/bin/env python3
"""Measures ResNet18's training step with PyTorch (eager, channels first) on the same card and adds the rows to the newest gpu-*.md of a folder."""
import glob
import os
import sys
import time

import torch


def step_seconds(batch, tf32, runs=10):
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True
    import torchvision

    model = torchvision.models.resnet18().cuda().train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    x = torch.randn(batch, 3, 224, 224, device="cuda")
    labels = torch.zeros(batch, dtype=torch.long, device="cuda")

    def step():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(x), labels).backward()
        optimizer.step()

    for _ in range(3):
        step()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(runs):
        step()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / runs


def main(folder):
    reports = sorted(glob.glob(os.path.join(folder, "gpu-*.md")), key=os.path.getmtime)
    if not reports:
        sys.exit("gpu-check: there is no report in %s to add PyTorch's rows to" % folder)
    with open(reports[-1], "a") as report:
        for tf32 in (False, True):
            for batch in (32, 128, 256):
                seconds = step_seconds(batch, tf32)
                row = "| PyTorch %s, ResNet18 training step, batch %d, %s | %.3f ms | %.0f images/s |" % (
                    torch.__version__, batch, "tf32" if tf32 else "fp32", seconds * 1e3, batch / seconds)
                print(row)
                report.write(row + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
