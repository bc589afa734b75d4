"""Times convolutions in torch: forward, the input's gradient and the weight's, each alone. Prints one line of JSON.

Layers are named in-out-kernel-stride-size.
"""

import argparse
import statistics
import time

from report import answer, torch_on


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--warmup", type=int, default=3)
    args = parser.parse_args()
    torch = torch_on(args.threads)

    def median(run):
        times = []
        for _ in range(args.warmup + args.runs):
            start = time.perf_counter()
            run()
            times.append(1e3 * (time.perf_counter() - start))
        return statistics.median(times[args.warmup:])

    rows = {}
    with torch.no_grad():
        for layer in args.layers.split(","):
            inputs, outputs, kernel, stride, size = (int(n) for n in layer.split("-"))
            padding = kernel // 2
            x = torch.randn(args.batch, inputs, size, size)
            w = torch.randn(outputs, inputs, kernel, kernel)
            y = torch.nn.functional.conv2d(x, w, None, stride, padding)
            dy = torch.randn_like(y)

            def backward(wanted):
                torch.ops.aten.convolution_backward(
                    dy, x, w, None, [stride, stride], [padding, padding], [1, 1], False, [0, 0], 1, wanted)

            rows[layer + " forward"] = median(lambda: torch.nn.functional.conv2d(x, w, None, stride, padding))
            rows[layer + " input gradient"] = median(lambda: backward([True, False, False]))
            rows[layer + " weight gradient"] = median(lambda: backward([False, True, False]))
    answer(torch, rows=rows)


main()
