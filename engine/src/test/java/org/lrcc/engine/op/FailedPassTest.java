package org.lrcc.engine.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.contract.OpCase;
import org.lrcc.engine.contract.OpCases;
import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.reference.ReferenceKernels;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** A pass of an op whose kernel fails gives back what it allocated, without a scope. */
class FailedPassTest {
    /** The session, but that one kernel fails, or the allocation of this number where it is one. */
    private static Kernels failing(Kernels k, String kernel, int allocation) {
        int[] allocations = {0};
        return (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (proxy, method, arguments) -> {
                    boolean full = method.getName().equals("allocate") && ++allocations[0] == allocation;
                    if (full || method.getName().equals(kernel)) {
                        throw new FailureException(kernel + " fails");
                    }
                    try {
                        return method.invoke(k, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static Op op(String kernel) {
        return switch (kernel) {
            case "conv2d" -> new Conv2d(ConvGeometry.of(1, 0));
            case "maxPool2d" -> new MaxPool2d(PoolGeometry.of(2, 2, 0));
            default -> new BatchNorm2d(1e-5, 0.1, true, Activation.RELU);
        };
    }

    private static Tensor[] inputs(Kernels k, String kernel) {
        int[][] shapes = switch (kernel) {
            case "conv2d" -> new int[][] {{1, 2, 4, 4}, {3, 2, 3, 3}};
            case "maxPool2d" -> new int[][] {{1, 2, 4, 4}};
            default -> new int[][] {{2, 3, 4, 4}, {3}, {3}, {3}, {3}};
        };
        Tensor[] in = new Tensor[shapes.length];
        for (int i = 0; i < in.length; i++) {
            in[i] = k.allocate(DType.F32, Shape.of(shapes[i]));
            k.fill(in[i], 1);
        }
        return in;
    }

    @ParameterizedTest
    @ValueSource(strings = {"conv2d", "maxPool2d", "batchNormStatistics", "axpy", "batchNorm"})
    void nothingIsLeftWhereAKernelFails(String kernel) {
        try (ReferenceKernels k = (ReferenceKernels) ReferenceBackend.INSTANCE.open()) {
            Tensor[] in = inputs(k, kernel);
            assertThatThrownBy(() -> op(kernel).forward(failing(k, kernel, 0), input -> true, in))
                    .hasMessage(kernel + " fails");
            assertThat(k.arena().live()).isEqualTo(in.length);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"maxPool2d", "batchNorm"})
    void nothingIsLeftWhereMemoryRunsOutHalfway(String kernel) {
        try (ReferenceKernels k = (ReferenceKernels) ReferenceBackend.INSTANCE.open()) {
            Tensor[] in = inputs(k, kernel);
            assertThatThrownBy(() -> op(kernel).forward(failing(k, kernel, 2), input -> true, in))
                    .isInstanceOf(FailureException.class);
            assertThat(k.arena().live()).isEqualTo(in.length);
        }
    }

    /** Each call that the forward pass of a row makes fails once: allocations and kernels. */
    @ParameterizedTest
    @MethodSource("rows")
    void whateverFailsNothingIsLeft(OpCase row) {
        try (ReferenceKernels k = (ReferenceKernels) ReferenceBackend.INSTANCE.open()) {
            Tensor[] in = row.tensors(k, DType.F64);
            int failures = 0;
            while (fails(k, row, in, failures)) {
                failures++;
                assertThat(k.arena().live())
                        .as("after call %d of the forward pass of %s has failed", failures, row)
                        .isEqualTo(in.length);
            }
        }
    }

    private static boolean fails(ReferenceKernels k, OpCase row, Tensor[] in, int call) {
        try {
            row.op()
                    .forward(
                            failing(k, new AtomicInteger(call)),
                            i -> row.inputs().get(i).differentiable(),
                            in);
            return false;
        } catch (FailureException e) {
            return true;
        }
    }

    /** The session, but that a call fails: 0 the next, 1 the one after it. */
    private static Kernels failing(ReferenceKernels k, AtomicInteger call) {
        return (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("backend") && call.getAndDecrement() == 0) {
                        throw new FailureException(method.getName() + " fails");
                    }
                    try {
                        return method.invoke(k, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** The same for the backward pass, whose op has two readers: each call fails once; closing the tape gives all back. */
    @ParameterizedTest
    @MethodSource("rows")
    void whateverFailsOnTheWayBackNothingIsLeft(OpCase row) {
        try (ReferenceKernels k = (ReferenceKernels) ReferenceBackend.INSTANCE.open()) {
            Tensor[] in = row.tensors(k, DType.F64);
            int failures = 0;
            while (failsBackward(k, row, in, failures)) {
                failures++;
                assertThat(k.arena().live())
                        .as("after call %d of the backward pass of %s has failed", failures, row)
                        .isEqualTo(in.length);
            }
            assertThat(failures).isPositive();
        }
    }

    private static boolean failsBackward(ReferenceKernels k, OpCase row, Tensor[] in, int call) {
        AtomicInteger countdown = new AtomicInteger(-1);
        try (Tape tape = Tape.recording(failing(k, countdown))) {
            Var[] inputs = new Var[in.length];
            for (int i = 0; i < in.length; i++) {
                inputs[i] = row.inputs().get(i).differentiable() ? tape.variable(in[i]) : tape.constant(in[i]);
            }
            Var out = tape.apply(row.op(), inputs);
            Var twice = tape.apply(new Add(), tape.apply(new Sum(), out), tape.apply(new Sum(), out));
            countdown.set(call);
            tape.backward(twice);
            return false;
        } catch (FailureException e) {
            return true;
        }
    }

    private static Stream<OpCase> rows() {
        return OpCases.all().stream().filter(row -> !row.large());
    }

    @Test
    void aBadLabelLeavesNothing() {
        try (ReferenceKernels k = (ReferenceKernels) ReferenceBackend.INSTANCE.open()) {
            Tensor logits = k.allocate(DType.F32, Shape.of(2, 3));
            k.fill(logits, 0);
            Tensor labels = Tensor.of(new int[] {0, 3}, 2);
            assertThatThrownBy(() -> new SoftmaxCrossEntropy(0, 2).forward(k, input -> input == 0, logits, labels))
                    .isInstanceOf(InputException.class);
            assertThat(k.arena().live()).isEqualTo(1);
        }
    }
}
