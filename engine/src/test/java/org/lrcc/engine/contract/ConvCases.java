package org.lrcc.engine.contract;

import java.util.List;
import org.lrcc.engine.op.Conv2d;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;

/** Rows of convolutions. */
final class ConvCases {
    private ConvCases() {}

    static void addTo(List<OpCase> rows) {
        shapes(rows);
        geometries(rows);
        fused(rows);
        large(rows);
    }

    private static ConvGeometry same(int stride, int padding) {
        return ConvGeometry.of(stride, padding);
    }

    private static void shapes(List<OpCase> rows) {
        rows.add(conv("1x1", x(2, 3, 5, 7), w(4, 3, 1, 1), same(1, 0)));
        rows.add(conv("3x3", x(2, 3, 5, 7), w(4, 3, 3, 3), same(1, 1)));
        rows.add(conv("3x3 no padding", x(2, 3, 5, 7), w(4, 3, 3, 3), same(1, 0)));
        rows.add(conv("3x3 batch 1", x(1, 5, 8, 8), w(6, 5, 3, 3), same(1, 1)));
        rows.add(conv("3x3 of 1 pixel", x(2, 3, 1, 1), w(5, 3, 3, 3), same(1, 1)));
        rows.add(conv("3x3 of 2x2", x(3, 2, 2, 2), w(3, 2, 3, 3), same(1, 1)));
        rows.add(conv("3x3 of one row", x(2, 2, 1, 9), w(3, 2, 3, 3), same(1, 1)));
        rows.add(conv("3x3 of one column", x(2, 2, 9, 1), w(3, 2, 3, 3), same(1, 1)));
        rows.add(conv("1x1 of 1 pixel", x(3, 9, 1, 1), w(7, 9, 1, 1), same(1, 0)));
        rows.add(conv("1 channel to 1", x(1, 1, 4, 4), w(1, 1, 3, 3), same(1, 1)));
        rows.add(conv("whole image", x(2, 3, 4, 5), w(6, 3, 4, 5), same(1, 0)));
        rows.add(conv("1x5", x(2, 3, 6, 9), w(4, 3, 1, 5), new ConvGeometry(1, 1, 0, 2, 0, 2, 1, 1, 1)));
        rows.add(conv("5x1", x(2, 3, 9, 6), w(4, 3, 5, 1), new ConvGeometry(1, 1, 2, 0, 2, 0, 1, 1, 1)));
        rows.add(conv("1x3 separable", x(2, 5, 7, 7), w(4, 5, 1, 3), new ConvGeometry(1, 2, 0, 1, 0, 1, 1, 1, 1)));
        rows.add(conv("3x1 separable", x(2, 4, 7, 4), w(6, 4, 3, 1), new ConvGeometry(2, 1, 1, 0, 1, 0, 1, 1, 1)));
        rows.add(conv("2x2", x(2, 3, 6, 6), w(4, 3, 2, 2), same(1, 0)));
        rows.add(conv("5x5", x(1, 2, 7, 8), w(3, 2, 5, 5), same(1, 2)));
    }

    private static void geometries(List<OpCase> rows) {
        rows.add(conv("3x3/2", x(2, 3, 9, 11), w(4, 3, 3, 3), same(2, 1)));
        rows.add(conv("3x3/2 even", x(2, 3, 8, 8), w(4, 3, 3, 3), same(2, 1)));
        rows.add(conv("1x1/2", x(2, 5, 7, 7), w(4, 5, 1, 1), same(2, 0)));
        rows.add(conv("1x1/3 leaves rows out", x(1, 2, 9, 8), w(3, 2, 1, 1), same(3, 0)));
        rows.add(conv("2x2/3 leaves rows out", x(1, 2, 9, 10), w(3, 2, 2, 2), same(3, 0)));
        rows.add(conv("7x7/2 stem", x(1, 3, 19, 23), w(5, 3, 7, 7), same(2, 3)));
        rows.add(conv("strides 2,1", x(2, 3, 9, 7), w(4, 3, 3, 3), new ConvGeometry(2, 1, 1, 1, 1, 1, 1, 1, 1)));
        rows.add(conv("asymmetric", x(2, 3, 6, 7), w(4, 3, 3, 3), new ConvGeometry(1, 1, 0, 1, 2, 0, 1, 1, 1)));
        rows.add(conv("asymmetric/2", x(2, 3, 8, 8), w(4, 3, 3, 3), new ConvGeometry(2, 2, 0, 0, 1, 1, 1, 1, 1)));
        rows.add(conv("padding beyond", x(1, 2, 3, 3), w(3, 2, 3, 3), same(1, 4)));
        rows.add(conv("padded 1x1", x(1, 2, 3, 3), w(3, 2, 1, 1), same(1, 2)));
        rows.add(conv("dilation 2", x(2, 3, 9, 10), w(4, 3, 3, 3), ConvGeometry.of(1, 2, 2, 1)));
        rows.add(conv("dilation 3,1 /2", x(1, 2, 11, 9), w(3, 2, 3, 3), new ConvGeometry(2, 2, 3, 1, 3, 1, 3, 1, 1)));
        rows.add(conv("groups 2", x(2, 6, 5, 7), w(8, 3, 3, 3), ConvGeometry.of(1, 1, 1, 2)));
        rows.add(conv("depthwise/2 to 2 each", x(2, 3, 6, 5), w(6, 1, 3, 3), ConvGeometry.of(2, 1, 1, 3)));
        rows.add(conv("groups 3 1x1/2", x(2, 9, 6, 6), w(6, 3, 1, 1), ConvGeometry.of(2, 0, 1, 3)));
        rows.add(conv("depthwise", x(2, 7, 6, 9), w(7, 1, 3, 3), ConvGeometry.of(1, 1, 1, 7)));
        rows.add(conv("depthwise/2", x(2, 5, 9, 9), w(5, 1, 3, 3), ConvGeometry.of(2, 1, 1, 5)));
        rows.add(conv("depthwise twice", x(2, 3, 5, 5), w(6, 1, 3, 3), ConvGeometry.of(1, 1, 1, 3)));
    }

    private static void fused(List<OpCase> rows) {
        Activation[] activations = {
            Activation.NONE, Activation.RELU, Activation.clip(-0.5, 0.5), Activation.leakyRelu(0.1)
        };
        for (Activation activation : activations) {
            for (int inputs = 2; inputs <= 4; inputs++) {
                if (activation.kind() != Activation.Kind.NONE || inputs > 2) {
                    rows.add(conv("3x3", x(2, 3, 5, 7), w(5, 3, 3, 3), same(1, 1), activation, inputs));
                    rows.add(conv("1x1/2", x(2, 3, 5, 7), w(4, 3, 1, 1), same(2, 0), activation, inputs));
                }
            }
        }
        rows.add(conv("groups", x(1, 4, 5, 5), w(6, 2, 3, 3), ConvGeometry.of(1, 1, 1, 2), Activation.RELU, 4));
        rows.add(conv("depthwise", x(1, 4, 5, 5), w(4, 1, 3, 3), ConvGeometry.of(1, 1, 1, 4), Activation.RELU, 3));
        rows.add(conv("1x1/2 to 16", x(2, 8, 9, 11), w(16, 8, 1, 1), same(2, 0), Activation.RELU, 4)
                .asLarge());
        rows.add(conv("7x7/2 to 16", x(2, 3, 17, 19), w(16, 3, 7, 7), same(2, 3), Activation.RELU, 4)
                .asLarge());
        rows.add(conv("7x7 image", x(1, 37, 7, 7), w(33, 37, 1, 1), same(1, 0), Activation.RELU, 4)
                .asLarge());
    }

    private static void large(List<OpCase> rows) {
        rows.add(conv("37 to 65", x(2, 37, 7, 7), w(65, 37, 3, 3), same(1, 1)).asLarge());
        rows.add(conv("65 to 37 1x1", x(3, 65, 7, 7), w(37, 65, 1, 1), same(1, 0))
                .asLarge());
        rows.add(conv("48 to 96 20x20", x(1, 48, 20, 20), w(96, 48, 3, 3), same(1, 1))
                .asLarge());
        rows.add(conv("32 to 48 /2", x(2, 32, 14, 14), w(48, 32, 3, 3), same(2, 1))
                .asLarge());
        rows.add(conv("64 to 32 1x1/2", x(2, 64, 15, 15), w(32, 64, 1, 1), same(2, 0))
                .asLarge());
        rows.add(conv("32 to 48 /2 28x28", x(2, 32, 28, 28), w(48, 32, 3, 3), same(2, 1))
                .asLarge());
        rows.add(conv("stem 7x7/2", x(2, 3, 45, 49), w(33, 3, 7, 7), same(2, 3)).asLarge());
        rows.add(conv("stem 7x7/2 of even height", x(2, 3, 44, 49), w(33, 3, 7, 7), same(2, 3))
                .asLarge());
        rows.add(conv("wide image", x(1, 5, 3, 301), w(17, 5, 3, 3), same(1, 1)).asLarge());
        rows.add(conv("8 to 16 33x35", x(3, 8, 33, 35), w(16, 8, 3, 3), same(1, 1))
                .asLarge());
        rows.add(
                conv("256 to 24", x(1, 256, 4, 4), w(24, 256, 3, 3), same(1, 1)).asLarge());
        rows.add(conv(
                        "rank 4 of 64 channels",
                        x(2, 64, 9, 9),
                        w(4, 64, 1, 3),
                        new ConvGeometry(1, 1, 0, 1, 0, 1, 1, 1, 1))
                .asLarge());
        rows.add(conv("groups 4 of 64", x(1, 64, 9, 9), w(64, 16, 3, 3), ConvGeometry.of(1, 1, 1, 4))
                .asLarge());
        rows.add(conv("depthwise 65", x(1, 65, 15, 17), w(65, 1, 3, 3), ConvGeometry.of(1, 1, 1, 65))
                .asLarge());
    }

    private static int[] x(int... sizes) {
        return sizes;
    }

    private static int[] w(int... sizes) {
        return sizes;
    }

    private static OpCase conv(String name, int[] x, int[] w, ConvGeometry geometry) {
        return conv(name, x, w, geometry, Activation.NONE, 2);
    }

    private static OpCase conv(
            String name, int[] x, int[] w, ConvGeometry geometry, Activation activation, int inputs) {
        String suffix = (inputs > 2 ? " bias" : "")
                + (inputs > 3 ? " residual" : "")
                + (activation.kind() == Activation.Kind.NONE ? "" : " " + activation.kind());
        Shape out = geometry.infer(Shape.of(x), Shape.of(w));
        int window = w[2] * w[3];
        int perImage = Math.max(w[1], w[0] / geometry.groups()) * window;
        OpCase row = OpCase.of("conv2d " + name + suffix, new Conv2d(geometry, activation))
                .input(x)
                .input(w)
                .reduces(Math.max(perImage, out.size(0) * out.size(2) * out.size(3)));
        if (inputs > 2) {
            row = row.input(w[0]);
        }
        return inputs > 3 ? row.input(out.sizes()) : row;
    }
}
