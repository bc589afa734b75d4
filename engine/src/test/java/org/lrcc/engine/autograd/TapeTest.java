package org.lrcc.engine.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.op.Activate;
import org.lrcc.engine.op.Add;
import org.lrcc.engine.op.BatchNorm2d;
import org.lrcc.engine.op.Flatten;
import org.lrcc.engine.op.MatMul;
import org.lrcc.engine.op.Mul;
import org.lrcc.engine.op.Reshape;
import org.lrcc.engine.op.Scale;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.reference.ReferenceKernels;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

class TapeTest {
    private final ReferenceKernels k = (ReferenceKernels) ReferenceBackend.INSTANCE.open();
    private final Tape tape = Tape.recording(k);

    /** Whatever a test did: nothing that the tape held is left. */
    @AfterEach
    void nothingLeaks() {
        tape.close();
        assertThat(k.arena().live()).isZero();
        k.close();
    }

    private static Tensor tensor(double... values) {
        return Tensor.of(values, values.length);
    }

    private Var sum(Var x) {
        return tape.apply(new Sum(), x);
    }

    @Test
    void usesAddUp() {
        Var x = tape.variable(tensor(1, -2, 3));
        Var square = tape.apply(new Mul(), x, x);
        Var y = tape.apply(new Add(), square, x);
        Gradients gradients = tape.backward(sum(y));
        assertThat(gradients.of(x).toDoubles()).containsExactly(3, -3, 7);
    }

    @Test
    void aValueAddedToItself() {
        Var x = tape.variable(tensor(1, 2));
        Gradients gradients = tape.backward(sum(tape.apply(new Add(), x, x)));
        assertThat(gradients.of(x).toDoubles()).containsExactly(2, 2);
    }

    @Test
    void aResidualSharesItsGradientUntilItIsChanged() {
        // y = relu(x) + x; z = y + 3 y: the gradient of y passes on to both of its inputs without a copy.
        Var x = tape.variable(tensor(-1, 2));
        Var y = tape.apply(new Add(), tape.apply(new Activate(Activation.RELU), x), x);
        Var z = tape.apply(new Add(), y, tape.apply(new Scale(3), y));
        assertThat(tape.backward(sum(z)).of(x).toDoubles()).containsExactly(4, 8);
    }

    @Test
    void aPassedGradientIsNotOverwrittenByTheOtherBranch() {
        // a's second use comes later on the tape, so that its gradient is there before a + b passes its own on; and the
        // other way round.
        for (boolean first : new boolean[] {true, false}) {
            try (Tape other = Tape.recording(k)) {
                Var a = other.variable(tensor(1, 2));
                Var b = other.variable(tensor(5, 7));
                Var c = other.constant(tensor(10, 20));
                Var product = first ? other.apply(new Mul(), a, c) : null;
                Var plus = other.apply(new Add(), a, b);
                if (product == null) {
                    product = other.apply(new Mul(), a, c);
                }
                Var loss = other.apply(new Sum(), other.apply(new Add(), plus, product));
                Gradients gradients = other.backward(loss);
                assertThat(gradients.of(a).toDoubles()).containsExactly(11, 21);
                assertThat(gradients.of(b).toDoubles()).containsExactly(1, 1);
            }
        }
    }

    @Test
    void gradientsPassThroughViews() {
        Var x = tape.variable(Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3));
        Var flat = tape.apply(new Reshape(6), x);
        Var matrix = tape.apply(new Flatten(), flat);
        Var product = tape.apply(new MatMul(true, false), matrix, tape.apply(new Reshape(6, 1), x));
        Gradients gradients = tape.backward(sum(product));
        assertThat(gradients.of(x).shape()).isEqualTo(Shape.of(2, 3));
        assertThat(gradients.of(x).toDoubles()).containsExactly(2, 4, 6, 8, 10, 12);
    }

    @Test
    void aParametersGradientIsOverwritten() {
        Tensor flat = tensor(99, 99, 99, 99, 99, 99);
        Var used = tape.parameter(tensor(1, 2), flat.slice(1, Shape.of(2)));
        Var unused = tape.parameter(tensor(1, 2), flat.slice(3, Shape.of(2)));
        Var twice = tape.apply(new Add(), tape.apply(new Mul(), used, used), used);
        Gradients gradients = tape.backward(sum(twice));
        assertThat(flat.toDoubles()).containsExactly(99, 3, 5, 0, 0, 99);
        assertThatThrownBy(() -> gradients.of(unused)).isInstanceOf(InputException.class);
    }

    @Test
    void aParameterThatIsOnlyPassedThrough() {
        Tensor gradient = tensor(99, 99);
        Var p = tape.parameter(tensor(1, 2), gradient);
        tape.backward(sum(tape.apply(new Add(), p, tape.constant(tensor(3, 4)))));
        assertThat(gradient.toDoubles()).containsExactly(1, 1);
    }

    @Test
    void theTapeGivesBackItsReferences() {
        Tensor value = tensor(1, 2);
        Tensor gradient = tensor(0, 0);
        try (Tape other = Tape.recording(k)) {
            Var p = other.parameter(value, gradient);
            other.backward(other.apply(new Sum(), other.apply(new Mul(), p, p)));
        }
        assertThat(value.isShared()).isFalse();
        assertThat(gradient.isShared()).isFalse();
        assertThat(gradient.toDoubles()).containsExactly(2, 4);
    }

    @Test
    void backwardFreesAsItGoes() {
        Var x = tape.variable(tensor(new double[1000]));
        Var y = x;
        for (int i = 0; i < 20; i++) {
            y = tape.apply(new Activate(Activation.RELU), y);
        }
        Var loss = sum(y);
        assertThat(k.arena().live()).isEqualTo(21);
        tape.backward(loss);
        assertThat(k.arena().live()).as("the loss and the gradient of x").isEqualTo(2);
        assertThat(tape.nodes()).isEmpty();
        assertThat(loss.tensor().item()).isZero();
    }

    @Test
    void whatIsReleasedStaysForBackward() {
        Var x = tape.variable(tensor(1, -2));
        Var y = tape.apply(new Activate(Activation.RELU), x);
        tape.label("relu1");
        Var z = tape.apply(new Mul(), y, y);
        tape.release(y);
        tape.release(z);
        assertThatThrownBy(() -> tape.apply(new Sum(), z))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("[2] of 'relu1' was released");
        Var again = tape.apply(new Scale(1), x);
        assertThat(tape.backward(sum(again)).of(x).toDoubles()).containsExactly(1, 1);
    }

    @Test
    void opsOfConstantsAreNotRecorded() {
        Var c = tape.constant(tensor(1, 2));
        Var y = tape.apply(new Mul(), c, c);
        assertThat(tape.nodes()).isEmpty();
        assertThat(tape.savedBytes()).isZero();
        Tensor gradient = tensor(9, 9);
        tape.parameter(tensor(1, 2), gradient);
        tape.backward(sum(y));
        assertThat(gradient.toDoubles()).containsExactly(0, 0);
    }

    @Test
    void inferenceRemembersNothing() {
        try (Tape inference = Tape.inference(k)) {
            Var x = inference.variable(tensor(1, -2));
            Var y = inference.apply(new Activate(Activation.RELU), x);
            Var z = inference.apply(new Mul(), y, y);
            inference.release(y);
            assertThat(k.arena().live()).isEqualTo(1);
            assertThat(z.tensor().toDoubles()).containsExactly(1, 0);
            assertThat(inference.nodes()).isEmpty();
            Var loss = inference.apply(new Sum(), z);
            assertThatThrownBy(() -> inference.backward(loss))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("inference");
        }
    }

    @Test
    void updatesNameTheirTargets() {
        Var x = tape.variable(Tensor.of(new double[] {1, 3}, 2, 1));
        Var mean = tape.constant(tensor(10));
        Var variance = tape.constant(tensor(20));
        Var gamma = tape.constant(tensor(1));
        Var beta = tape.constant(tensor(0));
        tape.apply(new BatchNorm2d(1e-5, 0.5, true, Activation.NONE), x, gamma, beta, mean, variance);
        assertThat(tape.updates()).extracting(Tape.Update::target).containsExactly(mean, variance);
        assertThat(tape.updates().get(0).value().toDoubles()).containsExactly(6);
        assertThat(tape.updates().get(1).value().toDoubles()).containsExactly(11);
        assertThat(mean.tensor().toDoubles())
                .as("committed by the caller, not by the op")
                .containsExactly(10);
    }

    @Test
    void observersSeeEveryValueWithItsLabel() {
        List<String> seen = new ArrayList<>();
        tape.observe(var -> seen.add(tape.label(var) + var.shape()));
        Var x = tape.variable(tensor(1, 2));
        tape.label("layer1.0.relu");
        Var y = tape.apply(new Activate(Activation.RELU), x);
        tape.label("loss");
        sum(y);
        assertThat(seen).containsExactly("layer1.0.relu[2]", "loss[]");
    }

    @Test
    void describesWhatItHolds() {
        Var x = tape.variable(Tensor.zeros(DType.F64, Shape.of(200, 3)));
        tape.label("fc");
        Var w = tape.variable(Tensor.zeros(DType.F64, Shape.of(3, 4)));
        tape.apply(new MatMul(), x, w);
        assertThat(tape.describe())
                .contains("fc ", "MatMul", "[200,3] [3,4] -> [200,4]", "saved 4,896 bytes")
                .endsWith("1 ops, saved 4,896 bytes\n");
    }

    /** Fails in backward, after it has begun a gradient. */
    private record Failing() implements Op {
        @Override
        public Shape infer(Shape... in) {
            return in[0];
        }

        @Override
        public Forward forward(Kernels k, Wants wants, Tensor... in) {
            Tensor y = k.allocate(in[0].dtype(), in[0].shape());
            k.copy(in[0], y);
            Tensor own = k.allocate(in[0].dtype(), in[0].shape());
            return Forward.of(y, Saved.of(in[0].retain(), y.retain(), own));
        }

        @Override
        public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
            sink.target(0);
            throw new FailureException("no gradient today");
        }
    }

    @Test
    void aFailedBackwardLeaksNothing() {
        Tensor value = k.upload(tensor(1, 2));
        Tensor gradient = k.allocate(DType.F64, value.shape());
        Var x = tape.parameter(value, gradient);
        value.release();
        gradient.release();
        Var y = tape.apply(
                new Mul(), tape.apply(new Failing(), x), tape.apply(new Failing(), tape.apply(new Scale(2), x)));
        Var loss = sum(y);
        assertThatThrownBy(() -> tape.backward(loss)).isInstanceOf(FailureException.class);
        tape.close();
        assertThat(k.arena().live()).isZero();
    }

    @Test
    void misuseIsRefused() {
        Var x = tape.variable(tensor(1, 2));
        assertThatThrownBy(() -> tape.backward(x))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("[2]");
        assertThatThrownBy(() -> tape.parameter(tensor(1), tensor(1, 2))).isInstanceOf(InputException.class);
        Var loss = sum(x);
        try (Tape other = Tape.recording(k)) {
            assertThatThrownBy(() -> other.apply(new Sum(), x)).isInstanceOf(InputException.class);
            assertThatThrownBy(() -> other.backward(loss)).hasMessageContaining("another tape");
        }
        tape.backward(loss);
        assertThatThrownBy(() -> tape.backward(loss))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("already");
        tape.close();
        assertThatThrownBy(loss::tensor)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
