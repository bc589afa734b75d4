package org.lrcc.engine.op;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.op.LowRankPlan.Way;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.LowRankGradients;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * y = conv2d(x, rest + scale U·V) in whichever order is cheapest, pass by pass (see {@link LowRankPlan}). Where nothing wants the weight's gradient, none is formed: with Z the
 * values between the two convolutions and G their gradient, dU needs dY and Z, dV needs G and x.
 *
 * <p>Inputs: x [N, C, H, W], u and v (shapes by {@link Factors}), then rest [M, C, k, k], which may be left out. Output [N, M, OH, OW]. One group.
 *
 * @param geometry stride, padding, dilation
 * @param kernel k
 * @param factors how U·V is read as a weight
 * @param scale factor of U·V
 * @param plan the order, or null for the one that {@link LowRankWork#choose} picks
 */
public record LowRankConv2d(
        ConvGeometry geometry,
        int kernel,
        Factors factors,
        double scale,
        @Nullable LowRankPlan plan) implements Op {
    private static final int X = 0;
    private static final int U = 1;
    private static final int V = 2;
    private static final int REST = 3;

    /** Checks the values. */
    public LowRankConv2d {
        if (kernel < 1 || geometry.groups() != 1) {
            throw new InputException("lowRankConv2d: kernel " + kernel + " must be at least 1 and groups "
                    + geometry.groups() + " must be 1");
        }
    }

    private Shape weight(Shape x, Shape u) {
        int rows = factors.rows(1, kernel);
        if (u.rank() != 2 || u.size(0) % rows != 0) {
            throw new InputException("lowRankConv2d: u " + u + " must have 2 axes and rows in multiples of " + rows);
        }
        return Shape.of(u.size(0) / rows, x.size(1), kernel, kernel);
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("lowRankConv2d", in, 3, 4);
        Rules.rank("lowRankConv2d", "x", 4, in[X]);
        Shape weight = weight(in[X], in[U]);
        Shape v = Shape.of(in[U].size(1), factors.columns(in[X].size(1), kernel));
        Rules.shape("lowRankConv2d", "v", v, in[V]);
        if (in.length > REST) {
            Rules.shape("lowRankConv2d", "rest", weight, in[REST]);
        }
        return geometry.infer(in[X], weight);
    }

    /** One run: what it has to compute and in which order. */
    private record Run(LowRankWork work, Way forward, Way input, Way parameters) {
        boolean wantsParameters() {
            return work.wantsU() || work.wantsV() || work.wantsRest();
        }

        boolean factorsGradients() {
            return wantsParameters() && parameters == Way.FACTORED;
        }

        /** Whether forward keeps the values between the convolutions: it has them, or they stand for x. */
        boolean keepsBetween() {
            return factorsGradients() && work.wantsU() && (forward == Way.FACTORED || !work.wantsV());
        }

        boolean keepsInput() {
            return factorsGradients() ? work.wantsV() : wantsParameters();
        }

        boolean fusesGradients() {
            return wantsParameters() && parameters == Way.FUSED;
        }

        boolean composesInput() {
            return work.wantsX() && input == Way.COMPOSED;
        }
    }

    private Run run(Kernels k, Wants wants, Shape x, Shape u, boolean rest) {
        LowRankWork work = new LowRankWork(
                x,
                weight(x, u).size(0),
                kernel,
                u.size(1),
                geometry,
                factors,
                rest,
                wants.wants(X),
                wants.wants(U),
                wants.wants(V),
                rest && wants.wants(REST));
        LowRankPlan chosen = plan == null ? work.choose(k.backend().costs()) : plan;
        Way parameters = work.wantsRest() ? Way.COMPOSED : chosen.parameterGradient();
        // One that was chosen is known to be possible; asking again is pricing the layer in every pass of every step.
        if (plan != null && parameters == Way.FUSED && !work.fuses(k.backend().costs())) {
            parameters = Way.FACTORED;
        }
        return new Run(work, chosen.forward(), chosen.inputGradient(), parameters);
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor x = in[X];
        Tensor rest = Rules.optional(in, REST);
        Run run = run(k, wants, x.shape(), in[U].shape(), rest != null);
        try (Outputs outputs = new Outputs(k)) {
            Tensor w = null;
            Tensor z = null;
            Tensor y;
            if (run.forward == Way.COMPOSED) {
                w = outputs.own(composed(k, in[U], in[V], rest, x.shape()));
                y = outputs.own(conv(k, x, w, geometry, null));
            } else {
                z = outputs.own(between(k, x, in[V]));
                y = outputs.own(second(k, run, in, z));
            }
            if (run.keepsBetween() && z == null) {
                z = outputs.own(between(k, x, in[V]));
            }
            return outputs.pass(Forward.of(y, saved(run, in, w, z).with(x.shape(), in[U].shape())));
        }
    }

    /** What follows Z. */
    private Tensor second(Kernels k, Run run, Tensor[] in, Tensor z) {
        Tensor rest = Rules.optional(in, REST);
        try (Outputs inside = new Outputs(k)) {
            Tensor second = inside.own(factors.secondWeight(k, in[U], run.work.out(), kernel));
            Tensor dense = rest == null ? null : inside.own(conv(k, in[X], rest, geometry, null));
            return conv(k, z, second, factors.second(geometry), dense);
        }
    }

    private static Saved saved(Run run, Tensor[] in, @Nullable Tensor w, @Nullable Tensor z) {
        Tensor rest = Rules.optional(in, REST);
        boolean wantsX = run.work.wantsX();
        return Saved.of(
                Rules.keep(run.keepsInput(), in[X]),
                run.keepsBetween() && z != null ? z.retain() : null,
                run.composesInput() && w != null ? w.retain() : null,
                Rules.keep(wantsX || run.work.wantsV(), in[U]),
                Rules.keep(wantsX || run.work.wantsU(), in[V]),
                rest != null && wantsX && (w == null || !run.composesInput()) ? rest.retain() : null);
    }

    private static Tensor conv(Kernels k, Tensor x, Tensor w, ConvGeometry g, @Nullable Tensor residual) {
        Shape shape = g.infer(x.shape(), w.shape());
        return Outputs.written(k, x.dtype(), shape, y -> k.conv2d(x, w, null, residual, Activation.NONE, g, y));
    }

    private Tensor composed(Kernels k, Tensor u, Tensor v, @Nullable Tensor rest, Shape x) {
        return Outputs.written(k, u.dtype(), weight(x, u.shape()), w -> factors.compose(k, u, v, rest, scale, w));
    }

    /** Z: the first convolution's output, with the scale. */
    private Tensor between(Kernels k, Tensor x, Tensor v) {
        try (Outputs inside = new Outputs(k)) {
            Tensor first = inside.own(factors.firstWeight(k, v, x.shape().size(1), kernel, scale));
            return conv(k, x, first, factors.first(geometry), null);
        }
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        Shape x = saved.shape(0);
        Run run = run(k, sink, x, saved.shape(1), sink.inputs() > REST);
        try (Outputs inside = new Outputs(k)) {
            Tensor g = null;
            if (run.factorsGradients() && run.work.wantsV() || run.work.wantsX() && run.input == Way.FACTORED) {
                g = inside.own(betweenGradient(k, run, saved, grad));
            }
            if (run.wantsParameters()) {
                if (run.factorsGradients()) {
                    factored(k, run, saved, grad, g, sink);
                } else if (run.fusesGradients()) {
                    fused(k, run, saved, grad, sink);
                } else {
                    projected(k, run, saved, grad, sink);
                }
            }
            Tensor between = g;
            sink.write(X, dx -> inputGradient(k, run, saved, grad, between, dx));
        }
    }

    /** G: the gradient of Z. */
    private Tensor betweenGradient(Kernels k, Run run, Saved saved, Tensor grad) {
        Shape first = factors.firstShape(run.work.x().size(1), kernel, run.work.rank());
        Shape shape = factors.first(geometry).infer(run.work.x(), first);
        try (Outputs inside = new Outputs(k)) {
            Tensor second = inside.own(factors.secondWeight(k, saved.tensor(3), run.work.out(), kernel));
            return Outputs.written(
                    k, grad.dtype(), shape, g -> k.conv2dInputGrad(grad, second, factors.second(geometry), g));
        }
    }

    private void inputGradient(Kernels k, Run run, Saved saved, Tensor grad, @Nullable Tensor g, Tensor dx) {
        Tensor rest = saved.optional(5);
        if (g == null || run.input == Way.COMPOSED) {
            Tensor known = saved.optional(2);
            try (Outputs inside = new Outputs(k)) {
                Tensor w = inside.own(
                        known != null
                                ? known.retain()
                                : composed(k, saved.tensor(3), saved.tensor(4), rest, run.work.x()));
                k.conv2dInputGrad(grad, w, geometry, dx);
            }
            return;
        }
        try (Outputs inside = new Outputs(k)) {
            Tensor first = inside.own(
                    factors.firstWeight(k, saved.tensor(4), run.work.x().size(1), kernel, scale));
            k.conv2dInputGrad(g, first, factors.first(geometry), dx);
        }
        if (rest != null) {
            try (Outputs inside = new Outputs(k)) {
                Tensor dense = inside.allocate(dx.dtype(), dx.shape());
                k.conv2dInputGrad(grad, rest, geometry, dense);
                k.axpy(1, dense, dx);
            }
        }
    }

    /** dU from Z and dY, dV from x and G. */
    private void factored(Kernels k, Run run, Saved saved, Tensor grad, @Nullable Tensor g, GradientSink sink) {
        int in = run.work.x().size(1);
        int rank = run.work.rank();
        sink.write(U, du -> {
            Tensor known = saved.optional(1);
            try (Outputs inside = new Outputs(k)) {
                Tensor z = inside.own(known != null ? known.retain() : between(k, saved.tensor(0), saved.tensor(4)));
                Tensor db = inside.allocate(du.dtype(), factors.secondShape(run.work.out(), kernel, rank));
                k.conv2dWeightGrad(z, grad, factors.second(geometry), db);
                factors.secondGradient(k, db, run.work.out(), kernel, du);
            }
        });
        if (g != null) {
            sink.write(V, dv -> {
                try (Outputs inside = new Outputs(k)) {
                    Tensor da = inside.allocate(dv.dtype(), factors.firstShape(in, kernel, rank));
                    k.conv2dWeightGrad(saved.tensor(0), g, factors.first(geometry), da);
                    factors.firstGradient(k, da, in, kernel, scale, dv);
                }
            });
        }
    }

    /** dU and dV from x and dY in one pass. */
    private void fused(Kernels k, Run run, Saved saved, Tensor grad, GradientSink sink) {
        LowRankGradients gradients = k.backend().lowRankGradients();
        LowRankGradients.Problem problem = run.work.fused();
        if (gradients == null || problem == null) {
            throw new IllegalStateException("lowRankConv2d: " + k.backend().name() + " cannot fuse " + run.work);
        }
        Tensor du = run.work.wantsU() ? sink.target(U) : null;
        Tensor dv = run.work.wantsV() ? sink.target(V) : null;
        gradients.run(problem, saved.tensor(0), grad, saved.optional(3), saved.optional(4), scale, du, dv);
        if (du != null) {
            sink.done(U);
        }
        if (dv != null) {
            sink.done(V);
        }
    }

    /** dU and dV from the weight's gradient, which is the rest's. */
    private void projected(Kernels k, Run run, Saved saved, Tensor grad, GradientSink sink) {
        try (Outputs inside = new Outputs(k)) {
            Tensor dw = inside.allocate(grad.dtype(), weight(run.work.x(), saved.shape(1)));
            k.conv2dWeightGrad(saved.tensor(0), grad, geometry, dw);
            Tensor matrix = inside.own(factors.matrix(k, dw, kernel));
            sink.write(U, du -> k.gemm(false, true, scale, matrix, saved.tensor(4), 0, du));
            sink.write(V, dv -> k.gemm(true, false, scale, saved.tensor(3), matrix, 0, dv));
            if (sink.inputs() > REST) {
                sink.pass(REST, dw);
            }
        }
    }
}
