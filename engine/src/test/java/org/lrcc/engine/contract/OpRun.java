package org.lrcc.engine.contract;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.StateUpdate;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Tensor;

/**
 * What one forward and backward of a case gave, by input where there are several.
 *
 * @param savedBytes what forward kept for backward
 */
public record OpRun(double[] out, Map<Integer, double[]> gradients, Map<Integer, double[]> updates, long savedBytes) {
    /**
     * Runs the case on inputs that are there already, without a tape; {@code wanted} says which gradients are asked
     * for.
     */
    public static OpRun of(Kernels k, OpCase row, DType real, Tensor[] in, IntPredicate wanted) {
        boolean[] wants = new boolean[in.length];
        for (int i = 0; i < in.length; i++) {
            wants[i] = row.inputs().get(i).differentiable() && wanted.test(i);
        }
        Forward forward = row.op().forward(k, i -> wants[i], in);
        double[] out = forward.out().toDoubles();
        Map<Integer, double[]> updates = new TreeMap<>();
        for (StateUpdate update : forward.updates()) {
            updates.put(update.input(), update.value().toDoubles());
        }
        long savedBytes = forward.saved().bytes();
        Sink sink = new Sink(k, in, wants);
        if (sink.any()) {
            // The output is only read through what was saved: a view of an input or the output itself stays alive by
            // that.
            forward.out().release();
            Tensor grad = OpCase.tensor(k, real, row.out(), row.cotangent());
            row.op().backward(k, forward.saved(), grad, sink);
        }
        return new OpRun(out, sink.found, updates, savedBytes);
    }

    /** Keeps gradients apart, each once. */
    private static final class Sink implements GradientSink {
        final Map<Integer, double[]> found = new TreeMap<>();
        private final Kernels k;
        private final Tensor[] in;
        private final boolean[] wants;
        private final Tensor[] pending;

        Sink(Kernels k, Tensor[] in, boolean[] wants) {
            this.k = k;
            this.in = in;
            this.wants = wants;
            this.pending = new Tensor[in.length];
        }

        boolean any() {
            for (boolean want : wants) {
                if (want) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public int inputs() {
            return in.length;
        }

        @Override
        public boolean wants(int input) {
            return wants[input];
        }

        @Override
        public void write(int input, Consumer<Tensor> writer) {
            if (wants[input]) {
                writer.accept(target(input));
                done(input);
            }
        }

        @Override
        public void pass(int input, Tensor grad) {
            if (wants[input]) {
                put(input, grad);
            }
        }

        @Override
        public Tensor target(int input) {
            if (!wants[input]) {
                throw new AssertionError("target for input " + input + ", whose gradient is not wanted");
            }
            pending[input] = k.allocate(in[input].dtype(), in[input].shape());
            return pending[input];
        }

        @Override
        public void done(int input) {
            put(input, pending[input]);
            pending[input].release();
        }

        private void put(int input, Tensor gradient) {
            if (found.put(input, gradient.reshape(in[input].shape()).toDoubles()) != null) {
                throw new AssertionError("input " + input + " got its gradient twice");
            }
        }
    }
}
