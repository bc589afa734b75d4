"""Makes nn/src/test/resources/onnx: small networks exported by torch in both of its ways, and graphs written by hand, each with an input and ONNX Runtime's output.

Made with torch 2.5.1 (and, for resnet_dynamo, in a second run, torch 2.9.1), onnx 1.23.2, onnxruntime 1.32.0, safetensors, numpy. Run from the project's root.
"""
import os
import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from torch import nn
import torch.nn.functional as F

OUT = "nn/src/test/resources/onnx"
torch.manual_seed(0)


def randomise(net):
    """Weights and running statistics that are not what a fresh network has, so that a lost one shows."""
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.uniform_(m.weight, 0.5, 1.5)
            nn.init.uniform_(m.bias, -0.5, 0.5)
            nn.init.uniform_(m.running_mean, -0.5, 0.5)
            nn.init.uniform_(m.running_var, 0.5, 1.5)
    return net.eval()


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + identity)


class SmallResNet(nn.Module):
    def __init__(self, width=4, classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Block(width, width, 1), Block(width, width, 1))
        self.layer2 = nn.Sequential(Block(width, 2 * width, 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2 * width, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.avgpool(self.layer2(self.layer1(x)))
        return self.fc(torch.flatten(x, 1))


class Zoo(nn.Module):
    """Layers beside the plain ones."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8, eps=1e-3, momentum=0.03), nn.ReLU6())
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.dilated = nn.Conv2d(8, 6, (3, 1), padding=(2, 0), dilation=(2, 1))
        self.act = nn.LeakyReLU(0.1)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.avg = nn.AvgPool2d(3, 2, 1, count_include_pad=False)
        self.dropout = nn.Dropout(0.25)
        self.head = nn.Linear(14 * 2 * 2, 6)

    def forward(self, x):
        x = self.stem(x)
        a = F.relu(self.bn(self.depthwise(x)))
        b = self.act(self.dilated(x))
        x = torch.cat([self.pool(a), self.pool(b)], 1)
        x = self.avg(x)
        g = F.relu(x.mean((2, 3), keepdim=True))
        x = self.avg(x * g)
        x = x.view(x.size(0), -1)
        return F.softmax(self.head(self.dropout(x)), -1)


def save(name, model, x):
    onnx.checker.check_model(model)
    assert len(model.SerializeToString()) < 100_000, name
    onnx.save(model, f"{OUT}/{name}.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    logits = session.run(None, {session.get_inputs()[0].name: x})[0]
    save_file({"x": x, "logits": np.ascontiguousarray(logits)}, f"{OUT}/{name}.io.safetensors")
    return logits


def export(name, net, size, training, opset=13):
    x = torch.randn(3, 3, size, size)
    path = f"{OUT}/{name}.onnx"
    mode = torch.onnx.TrainingMode.PRESERVE if training else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(net, x, path, opset_version=opset, input_names=["x"], output_names=["logits"], dynamic_axes={"x": {0: "n"}, "logits": {0: "n"}},
                      training=mode, do_constant_folding=not training, dynamo=False)
    model = onnx.load(path)
    logits = save(name, model, x.numpy())
    with torch.no_grad():
        assert np.allclose(net(x).numpy(), logits, atol=1e-4), name


def export_in_training_mode(name, net, size):
    """Batch norm and dropout as training ops; the output to reach is still that of inference, by torch."""
    x = torch.randn(3, 3, size, size)
    path = f"{OUT}/{name}.onnx"
    torch.onnx.export(net, x, path, opset_version=17, input_names=["x"], output_names=["logits"], dynamic_axes={"x": {0: "n"}, "logits": {0: "n"}},
                      training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False, dynamo=False)
    stored = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    net.load_state_dict({k: torch.tensor(stored.get(k, v.numpy())) for k, v in net.state_dict().items()})
    with torch.no_grad():
        save_file({"x": x.numpy(), "logits": net.eval()(x).numpy()}, f"{OUT}/{name}.io.safetensors")


def export_dynamo(name, net, size):
    """The exporter of torch 2.9 and newer, its default there."""
    x = torch.randn(3, 3, size, size)
    program = torch.onnx.export(net, (x,), input_names=["x"], output_names=["logits"], dynamo=True, dynamic_shapes=({0: torch.export.Dim("n")},))
    program.save(f"{OUT}/{name}.onnx", external_data=False)
    model = onnx.load(f"{OUT}/{name}.onnx")
    for part in [model, model.graph, *model.graph.node, *model.graph.value_info]:
        del part.metadata_props[:]  # stack traces and paths of the machine that exported
    save(name, model, x.numpy())


def graph(name, nodes, weights, shape, opset, x, domain=""):
    inits = [numpy_helper.from_array(v, k) for k, v in weights.items()]
    g = helper.make_graph(nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "k"])], inits)
    model = helper.make_model(g, opset_imports=[helper.make_opsetid(domain, opset)], ir_version=7)
    save(name, model, x)


def by_hand():
    r = np.random.default_rng(1)
    f = lambda *s: r.standard_normal(s).astype(np.float32)
    n = helper.make_node
    for pad in ("SAME_UPPER", "SAME_LOWER"):
        graph(f"auto_pad_{pad.lower()}", [
            n("Conv", ["x", "c.weight"], ["a"], auto_pad=pad, strides=[2, 2], kernel_shape=[3, 4]),
            n("MaxPool", ["a"], ["b"], auto_pad=pad, kernel_shape=[2, 2], strides=[2, 2]),
            n("Conv", ["b", "d.weight"], ["c"], auto_pad="VALID"),
            n("GlobalAveragePool", ["c"], ["p"]),
            n("Squeeze", ["p", "axes"], ["y"])],
            {"c.weight": f(4, 3, 3, 4), "d.weight": f(5, 4, 2, 2), "axes": np.array([2, 3])}, ["n", 3, 13, 11], 13, f(2, 3, 13, 11))
    graph("gemm", [
        n("ReduceMean", ["x"], ["m"], axes=[-1, -2], keepdims=0),
        n("Gemm", ["m", "a.weight", "a.bias"], ["g"], alpha=0.5, beta=2.0),
        n("LeakyRelu", ["g"], ["l"], alpha=0.2),
        n("MatMul", ["l", "b.weight"], ["h"]),
        n("Add", ["b.bias", "h"], ["s"]),
        n("Dropout", ["s"], ["t"]),
        n("Gemm", ["t", "c.weight"], ["y"], transB=1)],
        {"a.weight": f(3, 7), "a.bias": f(1, 7), "b.weight": f(7, 6), "b.bias": f(6), "c.weight": f(4, 6)}, ["n", 3, 5, 6], 13, f(3, 3, 5, 6))
    graph("old_opset", [
        n("Conv", ["x", "w"], ["a"], pads=[1, 0, 2, 3], kernel_shape=[3, 3]),
        n("BatchNormalization", ["a", "s", "b", "m", "v"], ["c"], epsilon=0.01),
        n("Clip", ["c"], ["d"], min=-0.5, max=1.5),
        n("AveragePool", ["d"], ["e"], kernel_shape=[2, 3], strides=[2, 1], pads=[0, 1, 1, 1], count_include_pad=1),
        n("Reshape", ["e", "shape"], ["f"]),
        n("Dropout", ["f"], ["g"], ratio=0.3),
        n("Softmax", ["g"], ["y"], axis=1)],
        {"w": f(2, 3, 3, 3), "s": f(2), "b": f(2), "m": f(2), "v": np.abs(f(2)), "shape": np.array([0, -1])}, ["n", 3, 6, 6], 9, f(2, 3, 6, 6))
    graph("new_opset", [
        n("Pad", ["x", "pads"], ["p"]),
        n("AveragePool", ["p"], ["q"], kernel_shape=[3, 3], strides=[2, 2]),
        n("Conv", ["q", "w"], ["a"]),
        n("Add", ["a", "b"], ["c"]),
        n("Relu", ["c"], ["d"]),
        n("Pad", ["d", "pads"], ["e"]),
        n("MaxPool", ["e"], ["f"], kernel_shape=[2, 2], dilations=[2, 1], ceil_mode=1, strides=[2, 2]),
        n("ReduceMean", ["f", "axes"], ["g"], keepdims=1),
        n("Identity", ["g"], ["h"]),
        n("Reshape", ["h", "shape"], ["i"]),
        n("MatMul", ["i", "m"], ["y"])],
        {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 0]), "w": f(6, 3, 1, 1), "b": f(1, 6, 1, 1), "axes": np.array([2, 3]), "shape": np.array([-1, 6]), "m": f(6, 3)},
        ["n", 3, 9, 8], 18, f(2, 3, 9, 8))


os.makedirs(OUT, exist_ok=True)
if torch.__version__ >= "2.9":
    export_dynamo("resnet_dynamo", randomise(SmallResNet()), 32)
    raise SystemExit
export("resnet_default", randomise(SmallResNet()), 32, False)
export("resnet_training", randomise(SmallResNet()), 32, True)
export("resnet_default_17", randomise(SmallResNet(6)), 24, False, 17)
export("zoo_default", randomise(Zoo()), 32, False)
export("zoo_training", randomise(Zoo()), 32, True, 17)
export_in_training_mode("zoo_train_ops", randomise(Zoo()), 32)
by_hand()
