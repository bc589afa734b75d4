package org.lrcc.nn.onnx;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.AvgPool2d;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.MaxPool2d;

/** Padding and poolings. */
final class WindowReaders {
    private WindowReaders() {}

    static Value pad(GraphImporter graph, OpNode node) {
        Value.Feature x = node.feature(0, 4);
        String mode = node.attributes().text("mode", "constant");
        long[] pads = node.opset() < 11
                ? node.attributes().integers("pads")
                : node.constant(1).needIntegers(node.what());
        Constant value = node.optionalConstant(2);
        double fill = value == null ? node.attributes().real("value", 0) : value.scalar(node.what());
        if (!mode.equals("constant") || fill != 0) {
            throw node.error(
                    "only padding with zeros is supported, not mode " + Names.printable(mode) + " with " + fill);
        }
        if (pads == null || pads.length != 8 || node.optional(3) != null) {
            throw node.error("padding must be given for all 4 axes, before and after");
        }
        for (int axis = 0; axis < 8; axis++) {
            boolean spatial = axis % 4 >= 2;
            if (pads[axis] < 0 || pads[axis] > (spatial ? Attributes.MAX_WINDOW : 0)) {
                throw node.error("padding " + Arrays.toString(pads) + " must be from 0 to " + Attributes.MAX_WINDOW
                        + " on the last two axes and 0 on the others");
            }
        }
        if (Arrays.stream(pads).allMatch(p -> p == 0)) {
            return x;
        }
        int top = (int) pads[2];
        int left = (int) pads[3];
        int bottom = (int) pads[6];
        int right = (int) pads[7];
        Shape shape = Shape.of(
                x.shape().size(0),
                x.shape().size(1),
                x.shape().size(2) + top + bottom,
                x.shape().size(3) + left + right);
        return new Value.Padded(x, shape, top, left, bottom, right);
    }

    static Value maxPool(GraphImporter graph, OpNode node) {
        Window window = window(node);
        // Zeros put around by a Pad take part in the maximum, a pooling's own padding does not: the same only where
        // nothing is negative.
        if (window.paddedBefore()
                && (ownPadding(node) || !(graph.layer(window.input()) instanceof Activate a && isNotNegative(a)))) {
            throw node.error(
                    "zero padding in front of it is supported only behind a ReLU and without padding of its own");
        }
        if (node.attributes().integer("storage_order", 0) != 0) {
            throw node.error("storage_order is not supported");
        }
        return graph.add(node, new MaxPool2d(geometry(node, window, false)), window.input());
    }

    private static boolean isNotNegative(Activate layer) {
        Activation activation = layer.activation();
        return activation.kind() == Activation.Kind.RELU
                || (activation.kind() == Activation.Kind.CLIP && activation.a() >= 0);
    }

    static Value averagePool(GraphImporter graph, OpNode node) {
        Window window = window(node);
        boolean counted = node.attributes().flag("count_include_pad", false);
        if (window.paddedBefore() && ownPadding(node) && !counted) {
            throw node.error("padding of its own that does not count, over a Pad in front of it, is not supported");
        }
        return graph.add(node, new AvgPool2d(geometry(node, window, counted || window.paddedBefore())), window.input());
    }

    private static boolean ownPadding(OpNode node) {
        long[] pads = node.attributes().integers("pads");
        boolean automatic = node.attributes().text("auto_pad", "NOTSET").startsWith("SAME");
        return automatic || (pads != null && Arrays.stream(pads).anyMatch(p -> p != 0));
    }

    private static Window window(OpNode node) {
        if (!node.attributes().has("kernel_shape")) {
            throw node.error("attribute kernel_shape is missing");
        }
        int[] kernel = node.attributes().window("kernel_shape", 2, 1, 1);
        return Window.of(node, kernel[0], kernel[1]);
    }

    private static PoolGeometry geometry(OpNode node, Window window, boolean countPadding) {
        int[] kernel = node.attributes().window("kernel_shape", 2, 1, 1);
        boolean ceil = node.attributes().flag("ceil_mode", false);
        // A window that begins in a pooling's own padding is left out, one in a Pad's zeros is not.
        Shape x = window.input().shape();
        if (ceil
                && window.paddedBefore()
                && (beginsBehind(
                                x.size(2),
                                window.top(),
                                window.bottom(),
                                window.dilationHeight() * (kernel[0] - 1L),
                                window.strideHeight())
                        || beginsBehind(
                                x.size(3),
                                window.left(),
                                window.right(),
                                window.dilationWidth() * (kernel[1] - 1L),
                                window.strideWidth()))) {
            throw node.error("ceil_mode with a window that begins in the zeros of a Pad in front is not supported");
        }
        return new PoolGeometry(
                kernel[0],
                kernel[1],
                window.strideHeight(),
                window.strideWidth(),
                window.top(),
                window.left(),
                window.bottom(),
                window.right(),
                window.dilationHeight(),
                window.dilationWidth(),
                ceil,
                countPadding);
    }

    /** Whether the last of the windows, their number rounded up, begins behind the input's end. */
    private static boolean beginsBehind(int size, int before, int after, long reach, int stride) {
        long room = size + (long) before + after - reach - 1;
        return room >= 0 && (room + stride - 1) / stride * stride >= size + (long) before;
    }

    static Value globalAveragePool(GraphImporter graph, OpNode node) {
        return graph.add(node, new GlobalAvgPool(true), node.feature(0, 4));
    }

    static Value reduceMean(GraphImporter graph, OpNode node) {
        Value.Feature x = node.feature(0, 4);
        Constant given = node.opset() < 18 ? null : node.optionalConstant(1);
        long @Nullable [] axes = given == null ? node.attributes().integers("axes") : given.needIntegers(node.what());
        long[] sorted = axes == null
                ? new long[0]
                : Arrays.stream(axes).map(a -> a < 0 ? a + 4 : a).sorted().toArray();
        if (!Arrays.equals(sorted, new long[] {2, 3})) {
            throw node.error("the mean is supported over the axes 2 and 3 only, not "
                    + (axes == null ? "all" : Arrays.toString(axes)));
        }
        return graph.add(node, new GlobalAvgPool(node.attributes().flag("keepdims", true)), x);
    }
}
