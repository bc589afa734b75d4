"""ResNet18 in plain torch, and its convolutions as lora_mode has them. gpu-check carries this file to the card."""

import torch
from torch import nn
from torch.nn import functional


class LoraConv(nn.Module):
    """A convolution that rebuilds W + U V at every step, as the original of this project does; V is lora_A [r, in*k], U lora_B [out*k, r]."""

    def __init__(self, rank, inputs, outputs, kernel, stride, padding):
        super().__init__()
        self.stride, self.padding = stride, padding
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel), requires_grad=False)
        self.lora_A = nn.Parameter(torch.empty(rank, inputs * kernel))
        self.lora_B = nn.Parameter(torch.zeros(outputs * kernel, rank))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)
        nn.init.kaiming_uniform_(self.lora_A, a=5**0.5)

    def forward(self, x):
        weight = self.weight + (self.lora_B @ self.lora_A).view(self.weight.shape)
        return functional.conv2d(x, weight, None, self.stride, self.padding)


def plain(inputs, outputs, kernel, stride, padding):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)


class Block(nn.Module):
    def __init__(self, conv, inputs, outputs, stride):
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


def resnet18(conv=plain, classes=1000):
    """The network, for training; conv(inputs, outputs, kernel, stride, padding) makes its convolutions."""
    layers = [conv(3, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for stage, outputs in enumerate([64, 128, 256, 512]):
        for block in range(2):
            layers.append(Block(conv, inputs, outputs, 2 if stage > 0 and block == 0 else 1))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes)).train()
