package org.lrcc.engine.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Shapes and attributes that do not fit are refused with the op, the rule and the values. */
class OpErrorsTest {
    record Bad(String message, Supplier<Op> op, int[]... shapes) {
        @Override
        public String toString() {
            return message;
        }
    }

    private static int[] s(int... sizes) {
        return sizes;
    }

    static List<Bad> bad() {
        Op conv = new Conv2d(ConvGeometry.of(1, 0));
        Op norm = new BatchNorm2d(1e-5, 0.1, true, Activation.NONE);
        return List.of(
                new Bad("matmul: inner dimensions differ: [2,3] x [2,3]", MatMul::new, s(2, 3), s(2, 3)),
                new Bad(
                        "matmul: inner dimensions differ: [2,3]^T x [3,2]",
                        () -> new MatMul(true, false),
                        s(2, 3),
                        s(3, 2)),
                new Bad("matmul: b [2] must have 2 axes", MatMul::new, s(2, 3), s(2)),
                new Bad("matmul: takes 2 input(s), got 1", MatMul::new, s(2, 3)),
                new Bad(
                        "linear: input [2,3] does not have the features of weight [4,5]",
                        Linear::new,
                        s(2, 3),
                        s(4, 5)),
                new Bad("linear: bias must be [4], got [5]", Linear::new, s(2, 3), s(4, 3), s(5)),
                new Bad("conv2d: takes 2 to 4 input(s), got 1", () -> conv, s(1, 3, 5, 5)),
                new Bad("conv2d: input [1,3,5,5] does not have the channels", () -> conv, s(1, 3, 5, 5), s(4, 2, 3, 3)),
                new Bad("conv2d: kernel of 7x7 does not fit", () -> conv, s(1, 3, 5, 5), s(4, 3, 7, 7)),
                new Bad(
                        "conv2d: kernel of 4294967297x4294967297 does not fit",
                        () -> new Conv2d(ConvGeometry.of(1, 1, 1 << 30, 1)),
                        s(1, 3, 5, 5),
                        s(4, 3, 5, 5)),
                new Bad(
                        "conv2d: input [1,3,5,5] with padding [2147483647,2147483647,2147483647,2147483647] is larger",
                        () -> new Conv2d(ConvGeometry.of(1, Integer.MAX_VALUE)),
                        s(1, 3, 5, 5),
                        s(4, 3, 3, 3)),
                new Bad(
                        "maxPool2d: a window of 2x2 with dilation [2,2] would see nothing but the padding of [1,3,1,5]",
                        () -> new MaxPool2d(new PoolGeometry(2, 2, 1, 1, 1, 1, 1, 1, 2, 2, false, false)),
                        s(1, 3, 1, 5)),
                new Bad(
                        "pool2d: input [1,3,1,5] with padding",
                        () -> new MaxPool2d(PoolGeometry.of(1 << 30, 1, 1 << 29)),
                        s(1, 3, 1, 5)),
                new Bad("conv2d: bias must be [4], got [3]", () -> conv, s(1, 3, 5, 5), s(4, 3, 3, 3), s(3)),
                new Bad(
                        "conv2d: residual must be [1,4,3,3]",
                        () -> conv,
                        s(1, 3, 5, 5),
                        s(4, 3, 3, 3),
                        s(4),
                        s(1, 4, 5, 5)),
                new Bad(
                        "batchNorm2d: training needs more than one value per channel, got [1,3,1,1]",
                        () -> norm,
                        s(1, 3, 1, 1),
                        s(3),
                        s(3),
                        s(3),
                        s(3)),
                new Bad(
                        "batchNorm2d: running mean must be [3], got [4]",
                        () -> norm,
                        s(2, 3, 1, 1),
                        s(3),
                        s(3),
                        s(4),
                        s(3)),
                new Bad(
                        "batchNorm2d: residual must be [2,3,1,1]",
                        () -> norm,
                        s(2, 3, 1, 1),
                        s(3),
                        s(3),
                        s(3),
                        s(3),
                        s(2, 3)),
                new Bad("batchNorm2d: eps 0.0 must be above 0", () -> new BatchNorm2d(0, 0.1, true, Activation.NONE)),
                new Bad("momentum NaN", () -> new BatchNorm2d(1, Double.NaN, true, Activation.NONE)),
                new Bad("add: [2,3] and [2] cannot be broadcast", Add::new, s(2, 3), s(2)),
                new Bad("mul: [4,3] and [2,3] cannot be broadcast", Mul::new, s(4, 3), s(2, 3)),
                new Bad(
                        "pool2d: window of 3x3 does not fit",
                        () -> new MaxPool2d(PoolGeometry.of(3, 1, 0)),
                        s(1, 1, 2, 2)),
                new Bad("pool2d: input [2,2] must have 4 axes", () -> new AvgPool2d(PoolGeometry.of(3, 1, 0)), s(2, 2)),
                new Bad("globalAvgPool: input [2,3] must have 4 axes", GlobalAvgPool::new, s(2, 3)),
                new Bad("globalAvgPool: input [2,3,0,4] has no pixels", GlobalAvgPool::new, s(2, 3, 0, 4)),
                new Bad("reshape: [2,3] of 6 elements does not fit [4, -1]", () -> new Reshape(4, -1), s(2, 3)),
                new Bad("reshape: [2,3] of 6 elements does not fit [7]", () -> new Reshape(7), s(2, 3)),
                new Bad("reshape: sizes [-1, -1]", () -> new Reshape(-1, -1), s(2, 3)),
                new Bad("keep axis 2, which [2,3] does not have", () -> new Reshape(0, 0, 0), s(2, 3)),
                new Bad("flatten: axis 5 of [2,3] does not exist", () -> new Flatten(5), s(2, 3)),
                new Bad("concat: [2,4] and [3,4] differ outside of axis 1", () -> new Concat(1), s(3, 4), s(2, 4)),
                new Bad("concat: [3] and [3,4] differ", () -> new Concat(1), s(3, 4), s(3)),
                new Bad("concat: axis -3 of [3,4] does not exist", () -> new Concat(-3), s(3, 4)),
                new Bad("concat: takes 1 to", () -> new Concat(0)),
                new Bad("permute: axes [0, 0] must be an order of 0 to 1", () -> new Permute(0, 0), s(3, 4)),
                new Bad("permute: axes [1, 0] do not name all axes of [3]", () -> new Permute(1, 0), s(3)),
                new Bad("dropout: p 1.0 must be from 0 to below 1", () -> new Dropout(1, 0, 0), s(3)),
                new Bad("softmax: input [3,0]", Softmax::new, s(3, 0)),
                new Bad(
                        "softmaxCrossEntropy: labels must be [4], got [3]",
                        () -> new SoftmaxCrossEntropy(0, 1),
                        s(4, 2),
                        s(3)),
                new Bad(
                        "softmaxCrossEntropy: class weights must be [2]",
                        () -> new SoftmaxCrossEntropy(0, 1),
                        s(4, 2),
                        s(4),
                        s(4)),
                new Bad("softmaxCrossEntropy: smoothing 1.5", () -> new SoftmaxCrossEntropy(1.5, 1)),
                new Bad("softmaxCrossEntropy: normalizer 0.0", () -> new SoftmaxCrossEntropy(0, 0)),
                new Bad("composeSparse: mask must be [2,3], got [3,2]", ComposeSparse::new, s(2, 3), s(2, 3), s(3, 2)),
                new Bad(
                        "scatterSparse: indices must be [2], got [3]",
                        () -> new ScatterSparse(Shape.of(5)),
                        s(2),
                        s(3)),
                new Bad("scatterSparse: 3 entries do not fit [2]", () -> new ScatterSparse(Shape.of(2)), s(3), s(3)),
                new Bad(
                        "scatterSparse: base must be [5], got [4]",
                        () -> new ScatterSparse(Shape.of(5)),
                        s(2),
                        s(2),
                        s(4)),
                new Bad("clip: the lower bound 2.0", () -> new Activate(Activation.clip(2, 1)), s(3)),
                new Bad("leakyRelu: slope 0.0", () -> new Activate(Activation.leakyRelu(0)), s(3)));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void isRefused(Bad bad) {
        ThrowingCallable call = () -> {
            Shape[] shapes = new Shape[bad.shapes().length];
            for (int i = 0; i < shapes.length; i++) {
                shapes[i] = Shape.of(bad.shapes()[i]);
            }
            bad.op().get().infer(shapes);
        };
        assertThatThrownBy(call).isInstanceOf(InputException.class).hasMessageContaining(bad.message());
    }

    @Test
    void wrongElementTypesAreRefused() {
        try (Kernels k = ReferenceBackend.INSTANCE.open()) {
            Tensor logits = Tensor.of(new float[4], 2, 2);
            Tensor floats = Tensor.of(new float[2], 2);
            assertThatThrownBy(() -> new SoftmaxCrossEntropy(0, 2).forward(k, Wants.NONE, logits, floats))
                    .isInstanceOf(InputException.class)
                    .hasMessage("softmaxCrossEntropy: labels must hold I32, got F32[2]");
            assertThatThrownBy(() -> new ComposeSparse().forward(k, Wants.NONE, floats, floats, floats))
                    .isInstanceOf(InputException.class)
                    .hasMessage("composeSparse: mask must hold U8, got F32[2]");
            assertThatThrownBy(() -> new ScatterSparse(Shape.of(3)).forward(k, Wants.NONE, floats, floats))
                    .isInstanceOf(InputException.class)
                    .hasMessage("scatterSparse: indices must hold I32, got F32[2]");
        }
    }

    @Test
    void shapesAreInferred() {
        assertThat(new Reshape(0, -1).infer(Shape.of(2, 3, 4))).isEqualTo(Shape.of(2, 12));
        assertThat(new Reshape(-1).infer(Shape.of())).isEqualTo(Shape.of(1));
        assertThat(new Flatten(0).infer(Shape.of(2, 3))).isEqualTo(Shape.of(1, 6));
        assertThat(new Flatten(2).infer(Shape.of(2, 3))).isEqualTo(Shape.of(6, 1));
        assertThat(new Concat(-1).infer(Shape.of(2, 3), Shape.of(2, 4))).isEqualTo(Shape.of(2, 7));
        assertThat(new Permute(2, 0, 1).infer(Shape.of(3, 4, 5))).isEqualTo(Shape.of(5, 3, 4));
        assertThat(new Add().infer(Shape.of(3, 1), Shape.of(4))).isEqualTo(Shape.of(3, 4));
    }
}
