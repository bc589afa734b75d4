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
    nn, functional = torch.nn, torch.nn.functional
    torch.manual_seed(0)

    class LoraConv(nn.Module):
        def __init__(self, inputs, outputs, kernel, stride, padding):
            super().__init__()
            self.stride, self.padding = stride, padding
            rank = args.rank or max(1, min(int(inputs * kernel * args.rank_ratio), outputs * kernel))
            self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel), requires_grad=False)
            self.lora_A = nn.Parameter(torch.empty(rank, inputs * kernel))
            self.lora_B = nn.Parameter(torch.zeros(outputs * kernel, rank))
            nn.init.kaiming_uniform_(self.weight, a=5**0.5)
            nn.init.kaiming_uniform_(self.lora_A, a=5**0.5)

        def forward(self, x):
            weight = self.weight + (self.lora_B @ self.lora_A).view(self.weight.shape)
            return functional.conv2d(x, weight, None, self.stride, self.padding)

    def conv(inputs, outputs, kernel, stride, padding):
        if args.mode == "lora_mode":
            return LoraConv(inputs, outputs, kernel, stride, padding)
        return nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.conv1 = conv(inputs, outputs, 3, stride, 1)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = conv(outputs, outputs, 3, 1, 1)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.downsample = None
            if stride != 1 or inputs != outputs:
                self.downsample = nn.Sequential(conv(inputs, outputs, 1, stride, 0), nn.BatchNorm2d(outputs))

        def forward(self, x):
            shortcut = x if self.downsample is None else self.downsample(x)
            y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
            return functional.relu(self.bn2(self.conv2(y)) + shortcut, inplace=True)

    layers = [conv(3, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for stage, outputs in enumerate([64, 128, 256, 512]):
        for block in range(2):
            layers.append(Block(inputs, outputs, 2 if stage > 0 and block == 0 else 1))
            inputs = outputs
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000)).train()

    trained = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=1e-4, momentum=0.9, weight_decay=1e-4)
    x = torch.randn(args.batch, 3, args.size, args.size)
    labels = torch.randint(1000, (args.batch,))
    times = []
    for _ in range(args.warmup + args.steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = functional.cross_entropy(net(x), labels)
        loss.backward()
        optimizer.step()
        loss.item()
        times.append(1e3 * (time.perf_counter() - start))
    answer(torch, milliseconds=times[args.warmup:])


main()
