package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.List;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.LowRankConv2d;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.LowRankWork;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** One low-rank convolution on random values, to be run by any plan. For one thread. */
public final class PlanRun implements AutoCloseable {
    private final Kernels kernels;
    private final LowRankWork work;
    private final Tensor x;
    private final Tensor u;
    private final Tensor v;
    private final Tensor rest;

    /** Makes the values. */
    public PlanRun(Kernels kernels, LowRankWork work) {
        this.kernels = kernels;
        this.work = work;
        int in = work.x().size(1);
        int kernel = work.kernel();
        x = random(1, work.x());
        u = random(2, Shape.of(work.factors().rows(work.out(), kernel), work.rank()));
        v = random(3, Shape.of(work.rank(), work.factors().columns(in, kernel)));
        rest = random(4, Shape.of(work.out(), in, kernel, kernel));
    }

    private Tensor random(long stream, Shape shape) {
        float[] values = new float[shape.elements()];
        Philox random = new Philox(1, stream);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return kernels.upload(Tensor.of(values, shape.sizes()));
    }

    /** Forward, and backward where a gradient is wanted; of the sum of all outputs. */
    public void run(LowRankPlan plan) {
        boolean step = work.wantsX() || work.wantsParameters();
        try (Tape tape = step ? Tape.recording(kernels) : Tape.inference(kernels)) {
            List<Var> in = new ArrayList<>(List.of(
                    value(tape, x, work.wantsX()), value(tape, u, work.wantsU()), value(tape, v, work.wantsV())));
            if (work.rest()) {
                in.add(value(tape, rest, work.wantsRest()));
            }
            LowRankConv2d op = new LowRankConv2d(work.geometry(), work.kernel(), work.factors(), 1, plan);
            Var y = tape.apply(op, in.toArray(Var[]::new));
            if (step) {
                tape.backward(tape.apply(new Sum(), y));
            }
        }
    }

    private static Var value(Tape tape, Tensor tensor, boolean wanted) {
        return wanted ? tape.variable(tensor) : tape.constant(tensor);
    }

    @Override
    public void close() {
        List.of(x, u, v, rest).forEach(Tensor::release);
    }
}
