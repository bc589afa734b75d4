package org.lrcc.engine.contract;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * The contracts themselves: a backend with one fault put into it does not pass, and neither does an op with a wrong
 * gradient.
 */
class FaultsAreFoundTest {
    /** Replaces one kernel. */
    interface Replacement {
        void run(Kernels right, Object[] arguments) throws ReflectiveOperationException;
    }

    /**
     * A fault.
     *
     * @param rows prefix of the rows that should find it
     */
    record Fault(String name, String kernel, String rows, Replacement replacement) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static int calls;

    static List<Fault> faults() {
        return List.of(
                new Fault("leaves the last element out", "activation", "activate", (k, a) -> {
                    Tensor x = (Tensor) a[0];
                    Tensor y = (Tensor) a[2];
                    Shape less = Shape.of(x.elements() - 1);
                    k.activation(x.slice(0, less), (Activation) a[1], y.slice(0, less));
                }),
                new Fault("writes one beyond", "scale", "scale", (k, a) -> {
                    Tensor y = (Tensor) a[1];
                    k.scale((double) a[0], y);
                    y.storage().write(y.offset() + y.elements(), new float[1], 0, 1);
                }),
                new Fault("writes one before", "sumTo", "sum", (k, a) -> {
                    Tensor y = (Tensor) a[1];
                    k.sumTo((Tensor) a[0], y);
                    y.storage().write(y.offset() - 1, new float[1], 0, 1);
                }),
                new Fault("ignores the offset", "copy", "scale", (k, a) -> {
                    Tensor x = (Tensor) a[0];
                    k.copy(Tensor.view(x.storage(), 0, x.shape()), (Tensor) a[1]);
                }),
                new Fault("changes an input", "softmax", "softmax", (k, a) -> {
                    k.softmax((Tensor) a[0], (Tensor) a[1]);
                    k.scale(2, (Tensor) a[0]);
                }),
                new Fault(
                        "reads the output",
                        "gemm",
                        "matmul",
                        (k, a) -> k.gemm(
                                (boolean) a[0], (boolean) a[1], 1, (Tensor) a[3], (Tensor) a[4], 1, (Tensor) a[6])),
                new Fault("is off by one part in 20,000", "conv2dWeightGrad", "conv2d", (k, a) -> {
                    method("conv2dWeightGrad").invoke(k, a);
                    k.scale(1.00005, (Tensor) a[3]);
                }),
                new Fault("forgets a gradient", "batchNormGrad", "batchNorm2d", (k, a) -> {
                    Object[] less = a.clone();
                    less[11] = null;
                    method("batchNormGrad").invoke(k, less);
                }),
                new Fault("gives other bits each time", "absSum", "absSum", (k, a) -> {
                    k.absSum((Tensor) a[0], (Tensor) a[1]);
                    k.scale(1 + 2e-7 * (calls++ % 2), (Tensor) a[1]);
                }));
    }

    private static Method method(String name) {
        for (Method method : Kernels.class.getMethods()) {
            if (method.getName().equals(name)) {
                return method;
            }
        }
        throw new AssertionError("no kernel " + name);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aFaultyKernelDoesNotPass(Fault fault) {
        BackendContract contract = new ContractOf(faulty(fault));
        assertThatThrownBy(() -> {
                    for (OpCase row : OpCases.all()) {
                        if (row.name().startsWith(fault.rows()) && !row.large()) {
                            contract.agreesWithTheReference(row);
                            contract.sameBitsTwice(row);
                        }
                    }
                })
                .isInstanceOf(AssertionError.class);
    }

    private static Backend faulty(Fault fault) {
        return new Backend() {
            @Override
            public String name() {
                return "faulty";
            }

            @Override
            public String description() {
                return fault.name();
            }

            @Override
            public Kernels open() {
                Kernels right = ReferenceBackend.INSTANCE.open();
                return (Kernels) Proxy.newProxyInstance(
                        Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (proxy, method, arguments) -> {
                            try {
                                if (method.getName().equals(fault.kernel())) {
                                    fault.replacement().run(right, arguments);
                                    return null;
                                }
                                return method.invoke(right, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
            }
        };
    }

    /** y = x x with the derivative x. */
    private record WrongSquare() implements Op {
        @Override
        public Shape infer(Shape... in) {
            return in[0];
        }

        @Override
        public Forward forward(Kernels k, Wants wants, Tensor... in) {
            Tensor y = k.allocate(in[0].dtype(), in[0].shape());
            k.binary(Kernels.Binary.MUL, in[0], in[0], y);
            return Forward.of(y, Saved.of(in[0].retain()));
        }

        @Override
        public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
            sink.write(0, dx -> k.binary(Kernels.Binary.MUL, grad, saved.tensor(0), dx));
        }
    }

    @Test
    void aWrongGradientDoesNotPass() {
        OpCase row = OpCase.of("wrong square", new WrongSquare()).input(7);
        assertThatThrownBy(() -> new GradientCheckTest().backwardIsTheDerivativeOfForward(row))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("gradient of input 0");
        assertThatThrownBy(() -> new ReferenceBackendContractTest().inferenceSavesNothing(row))
                .as("it saves its input even in inference")
                .isInstanceOf(AssertionError.class);
    }
}
