package org.lrcc.engine.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.StateUpdate;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * y = activation((x - mean) / sqrt(variance + eps) gamma + beta + residual), per channel.
 *
 * <p>Inputs: x [N, C, H, W] (any number of axes from 2 on), gamma, beta, running mean, running variance [C], and
 * residual as x, which may be
 * left out. In training the statistics are the batch's, and the updates are
 * {@code (1 - momentum) running + momentum batch} with the unbiased
 * variance, as torch has it; else they are the running ones. Running statistics have no gradient.
 *
 * <p>What backward needs of an activation is y's signs, and y itself is kept for them: the convolution behind keeps it anyway, as what its weights' gradient needs, and storage is shared.
 * A mask of bits would be a thirty-second more memory and one array more to write; only where no weight behind trains would it spare y.
 *
 * <p>Source: S. Ioffe and C. Szegedy, "Batch Normalization", ICML 2015.
 *
 * @param eps added to the variance
 * @param momentum weight of the batch in the running statistics
 * @param training whether statistics are the batch's
 * @param activation what is applied last
 */
public record BatchNorm2d(double eps, double momentum, boolean training, Activation activation) implements Op {
    private static final int X = 0;
    private static final int GAMMA = 1;
    private static final int BETA = 2;
    private static final int RUNNING_MEAN = 3;
    private static final int RUNNING_VARIANCE = 4;
    private static final int RESIDUAL = 5;

    /** Checks the values: eps above 0, momentum from 0 to 1. */
    public BatchNorm2d {
        if (!(eps > 0) || !(momentum >= 0 && momentum <= 1)) {
            throw new InputException(
                    "batchNorm2d: eps " + eps + " must be above 0 and momentum " + momentum + " must be from 0 to 1");
        }
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("batchNorm2d", in, 5, 6);
        Shape x = in[X];
        if (x.rank() < 2) {
            throw new InputException("batchNorm2d: input " + x + " must have at least 2 axes");
        }
        Shape channels = Shape.of(x.size(1));
        Rules.shape("batchNorm2d", "gamma", channels, in[GAMMA]);
        Rules.shape("batchNorm2d", "beta", channels, in[BETA]);
        Rules.shape("batchNorm2d", "running mean", channels, in[RUNNING_MEAN]);
        Rules.shape("batchNorm2d", "running variance", channels, in[RUNNING_VARIANCE]);
        if (in.length > RESIDUAL) {
            Rules.shape("batchNorm2d", "residual", x, in[RESIDUAL]);
        }
        if (training && valuesPerChannel(x) < 2) {
            throw new InputException("batchNorm2d: training needs more than one value per channel, got " + x);
        }
        return x;
    }

    private static int valuesPerChannel(Shape x) {
        return x.size(1) == 0 ? 0 : x.elements() / x.size(1);
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor x = in[X];
        boolean inner = wants.wants(X) || wants.wants(GAMMA) || wants.wants(BETA);
        boolean any = inner || (in.length > RESIDUAL && wants.wants(RESIDUAL));
        try (Outputs statistics = new Outputs(k);
                Outputs outputs = new Outputs(k)) {
            Tensor mean = in[RUNNING_MEAN];
            Tensor variance = in[RUNNING_VARIANCE];
            List<StateUpdate> updates = List.of();
            if (training) {
                mean = statistics.allocate(x.dtype(), mean.shape());
                variance = statistics.allocate(x.dtype(), variance.shape());
                k.batchNormStatistics(x, mean, variance);
                updates = updates(k, outputs, valuesPerChannel(x.shape()), mean, variance, in);
            }
            Tensor y = outputs.allocate(x.dtype(), x.shape());
            k.batchNorm(x, mean, variance, eps, in[GAMMA], in[BETA], Rules.optional(in, RESIDUAL), activation, y);
            Saved saved = Saved.of(
                    Rules.keep(wants.wants(GAMMA) || (inner && training), x),
                    Rules.keep(inner, mean),
                    Rules.keep(inner, variance),
                    Rules.keep(inner, in[GAMMA]),
                    Rules.keep(any && activation.kind() != Activation.Kind.NONE, y));
            return outputs.done(new Forward(y, saved, updates));
        }
    }

    private List<StateUpdate> updates(
            Kernels k, Outputs outputs, double values, Tensor mean, Tensor variance, Tensor... in) {
        return List.of(
                new StateUpdate(RUNNING_MEAN, blend(k, outputs, in[RUNNING_MEAN], mean, 1)),
                new StateUpdate(
                        RUNNING_VARIANCE, blend(k, outputs, in[RUNNING_VARIANCE], variance, values / (values - 1))));
    }

    /** (1 - momentum) running + momentum correction batch. */
    private Tensor blend(Kernels k, Outputs outputs, Tensor running, Tensor batch, double correction) {
        Tensor blended = outputs.allocate(running.dtype(), running.shape());
        k.copy(running, blended);
        k.scale(1 - momentum, blended);
        k.axpy(momentum * correction, batch, blended);
        return blended;
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        Tensor y = saved.optional(4);
        boolean residual = sink.inputs() > RESIDUAL && sink.wants(RESIDUAL);
        boolean inner = sink.wants(X) || sink.wants(GAMMA) || sink.wants(BETA);
        if (residual && (y == null || !inner)) {
            try (Outputs inside = new Outputs(k)) {
                sink.pass(RESIDUAL, inside.own(Rules.beforeActivation(k, activation, y, grad)));
            }
            residual = false;
        }
        if (!inner) {
            return;
        }
        Tensor dx = begin(sink, X);
        Tensor dGamma = begin(sink, GAMMA);
        Tensor dBeta = begin(sink, BETA);
        Tensor dResidual = residual ? sink.target(RESIDUAL) : null;
        // With constant statistics only gamma's gradient depends on x: where that is not wanted x was not kept, and any
        // tensor of its shape will do.
        Tensor x = saved.optional(0);
        k.batchNormGrad(
                training,
                x == null ? grad : x,
                saved.tensor(1),
                saved.tensor(2),
                eps,
                saved.tensor(3),
                y,
                activation,
                grad,
                dx,
                dGamma,
                dBeta,
                dResidual);
        end(sink, X, dx);
        end(sink, GAMMA, dGamma);
        end(sink, BETA, dBeta);
        end(sink, RESIDUAL, dResidual);
    }

    private static @Nullable Tensor begin(GradientSink sink, int input) {
        return sink.wants(input) ? sink.target(input) : null;
    }

    private static void end(GradientSink sink, int input, @Nullable Tensor target) {
        if (target != null) {
            sink.done(input);
        }
    }
}
