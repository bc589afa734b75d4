"""A training step of ResNet18 in plain torch, for comparison.

In lora_mode every convolution holds a frozen W [out, in, k, k], V (lora_A) [r, in*k] and U (lora_B) [out*k, r], and rebuilds W + U V at every
step, as the original of this project does; batch norms, biases and the last layer train. In full everything trains. Prints one line of JSON.
"""

import argparse
import time

from report import answer, torch_on


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=["full", "lora_mode"], default="full")
    rank = parser.add_mutually_exclusive_group()
    rank.add_argument("--rank-ratio", type=float, default=0.25)
    rank.add_argument("--rank", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=2)
    return parser.parse_args()


def main():
    args = arguments()
    torch = torch_on(args.threads)
    # After torch has its threads.
    from resnet18 import LoraConv, plain, resnet18

    torch.manual_seed(0)

    def adapted(inputs, outputs, kernel, stride, padding):
        rank = args.rank or max(1, min(int(inputs * kernel * args.rank_ratio), outputs * kernel))
        return LoraConv(rank, inputs, outputs, kernel, stride, padding)

    net = resnet18(adapted if args.mode == "lora_mode" else plain)

    trained = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=1e-4, momentum=0.9, weight_decay=1e-4)
    x = torch.randn(args.batch, 3, args.size, args.size)
    labels = torch.randint(1000, (args.batch,))
    times = []
    for _ in range(args.warmup + args.steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), labels)
        loss.backward()
        optimizer.step()
        loss.item()
        times.append(1e3 * (time.perf_counter() - start))
    answer(torch, milliseconds=times[args.warmup:])


main()
