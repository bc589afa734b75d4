"""Prints the numbers that TorchContract.java and KernelsContract.java hold. Needs PyTorch 2."""

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def optimizer(name, make):
    p = torch.tensor([0.5, -1.25, 2.0, 0.0], requires_grad=True)
    opt = make([p])
    for step in range(3):
        p.grad = torch.tensor([0.1 * (step + 1), -0.2, 0.3 - 0.25 * step, 1.0])
        opt.step()
    print(name, p.detach().tolist())


optimizer("sgd", lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.01))
optimizer("momentum", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01))
optimizer("nesterov", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True))
optimizer("adamW", lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.05))

logits = torch.tensor([[0.5, -1, 2], [1, 0.25, -0.75]], requires_grad=True)
labels = torch.tensor([2, 1])
loss = F.cross_entropy(logits, labels, weight=torch.tensor([0.5, 1.5, 2.0]), label_smoothing=0.1)
loss.backward()
print("weighted", loss.item(), logits.grad.flatten().tolist())
print("smoothed", F.cross_entropy(logits, labels, label_smoothing=0.2).item())

image = torch.arange(30.0).reshape(1, 1, 5, 6) * torch.tensor([1.0, -1, 1, 1, -1, 1])
for counted in (True, False):
    for kernel, stride in ((3, 2), (2, 3)):
        y = F.avg_pool2d(image, kernel, stride, 1, ceil_mode=True, count_include_pad=counted)
        print("average", counted, kernel, stride, y.flatten().tolist())
print("max", F.max_pool2d(image, 3, 2, 1, ceil_mode=True).flatten().tolist())
print("max dilated", F.max_pool2d(image, 2, 2, 0, dilation=2, ceil_mode=True).flatten().tolist())

norm = torch.nn.BatchNorm2d(2, eps=1e-3, momentum=0.2)
with torch.no_grad():
    norm.weight.copy_(torch.tensor([1.5, -0.5]))
    norm.bias.copy_(torch.tensor([0.25, -1.0]))
    norm.running_mean.copy_(torch.tensor([0.1, -0.3]))
    norm.running_var.copy_(torch.tensor([2.0, 0.5]))
x = torch.tensor([0.5, -1, 2, 0.25, 1, 1.5, -2, 0.75]).reshape(2, 2, 1, 2).requires_grad_()
dy = torch.tensor([1.0, 2, -1, 0.5, 0.25, -0.75, 3, 1]).reshape(2, 2, 1, 2)
y = norm(x)
(y * dy).sum().backward()
print("batch norm", y.flatten().tolist(), x.grad.flatten().tolist(), norm.weight.grad.tolist(), norm.bias.grad.tolist())
print("running", norm.running_mean.tolist(), norm.running_var.tolist())

x = torch.arange(1.0, 37).reshape(1, 4, 3, 3) / 10
w = torch.arange(1.0, 33).reshape(4, 2, 2, 2) / 16
y = F.conv2d(F.pad(x, (1, 0, 0, 2)), w, stride=(2, 1), dilation=(1, 2), groups=2)
print("convolution", y.flatten().tolist())
