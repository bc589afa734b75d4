package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;

/**
 * The graph's one input.
 *
 * @param name its name
 * @param shape [1, C, H, W]
 * @param declaredBatch the batch size in the file, or null where it is open
 * @param assumedSize whether height or width are open in the file and were given or assumed
 */
record GraphInput(String name, Shape shape, @Nullable Long declaredBatch, boolean assumedSize) {
    private static final int MAX_SIDE = 1 << 15;

    /** Reads the input's declaration; {@code height} and {@code width} hold where the file leaves them open. */
    static GraphInput of(GraphProto graph, int height, int width) {
        Set<String> stored = new HashSet<>();
        graph.getInitializerList().forEach(tensor -> stored.add(tensor.getName()));
        List<ValueInfoProto> inputs = graph.getInputList().stream()
                .filter(value -> !stored.contains(value.getName()))
                .toList();
        if (inputs.size() != 1) {
            throw new InputException("onnx: the network has " + inputs.size() + " inputs, not one");
        }
        if (graph.getOutputCount() != 1) {
            throw new InputException("onnx: the network has " + graph.getOutputCount() + " outputs, not one");
        }
        ValueInfoProto input = inputs.get(0);
        String what = "onnx: input " + Names.printable(input.getName());
        TypeProto.Tensor type = input.getType().getTensorType();
        if (!input.getType().hasTensorType() || type.getElemType() != TensorProto.DataType.FLOAT_VALUE) {
            throw new InputException(what + ": it is not a tensor of 32-bit floats");
        }
        List<Dimension> dims = type.getShape().getDimList();
        if (dims.size() != 4) {
            throw new InputException(what + ": it has " + dims.size() + " axes; only N x C x H x W is supported");
        }
        long channels = size(dims.get(1), -1);
        boolean channelsLast = size(dims.get(3), -1) > 0 && size(dims.get(3), -1) <= 4 && channels > 4;
        if (channelsLast) {
            throw new InputException(
                    what + ": its shape " + text(dims) + " looks like N x H x W x C; only N x C x H x W is supported");
        }
        int[] sizes = {
            1,
            bounded(channels, what, "channels"),
            bounded(size(dims.get(2), height), what, "height"),
            bounded(size(dims.get(3), width), what, "width")
        };
        long batch = size(dims.get(0), -1);
        boolean open = size(dims.get(2), -1) < 0 || size(dims.get(3), -1) < 0;
        return new GraphInput(input.getName(), Shape.of(sizes), batch > 0 ? batch : null, open);
    }

    private static long size(Dimension dim, long otherwise) {
        return dim.hasDimValue() && dim.getDimValue() > 0 ? dim.getDimValue() : otherwise;
    }

    private static int bounded(long size, String what, String axis) {
        if (size < 1 || size > MAX_SIDE) {
            throw new InputException(what + ": " + axis + " " + (size < 1 ? "are open" : "of " + size)
                    + "; a value from 1 to " + MAX_SIDE + " is needed");
        }
        return (int) size;
    }

    private static String text(List<Dimension> dims) {
        return dims.stream()
                .map(d -> d.hasDimValue() ? Long.toString(d.getDimValue()) : "?")
                .toList()
                .toString();
    }
}
