package org.lrcc.nn.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.tensor.Shape;

/**
 * torch's BatchNorm2d. Parameters: "weight", "bias", and the running statistics "running_mean", "running_var", all [channels].
 *
 * @param channels axis 1 of the input
 * @param eps added to the variance
 * @param momentum weight of the batch in the running statistics, as torch has it (ONNX's is 1 less this)
 * @param frozenStatistics whether training too normalises by the running statistics and leaves them alone
 */
public record BatchNorm2d(int channels, double eps, double momentum, boolean frozenStatistics) implements Layer {
    /** torch's defaults: eps 1e-5, momentum 0.1. */
    public static BatchNorm2d of(int channels) {
        return new BatchNorm2d(channels, 1e-5, 0.1, false);
    }

    @Override
    public List<ParameterSpec> parameters() {
        return List.of(
                ParameterSpec.weight("weight", channels),
                ParameterSpec.weight("bias", channels),
                ParameterSpec.buffer("running_mean", channels),
                ParameterSpec.buffer("running_var", channels));
    }

    @Override
    public Shape infer(Shape... in) {
        Inputs.check(kind(), in, 1, 1);
        if (in[0].rank() < 2 || in[0].size(1) != channels) {
            throw new InputException("batchNorm2d: input " + in[0] + " does not have " + channels + " channels");
        }
        return in[0];
    }

    @Override
    public Var forward(LayerContext c, Var... in) {
        return forward(c, Activation.NONE, null, in[0]);
    }

    /** activation(batchNorm(x) + residual) as one op. */
    public Var forward(LayerContext c, Activation activation, @Nullable Var residual, Var x) {
        boolean batchStatistics = c.training() && !frozenStatistics;
        var op = new org.lrcc.engine.op.BatchNorm2d(eps, momentum, batchStatistics, activation);
        Var gamma = c.parameter("weight");
        Var beta = c.parameter("bias");
        Var mean = c.parameter("running_mean");
        Var variance = c.parameter("running_var");
        return residual == null
                ? c.tape().apply(op, x, gamma, beta, mean, variance)
                : c.tape().apply(op, x, gamma, beta, mean, variance, residual);
    }

    @Override
    public String kind() {
        return "BatchNorm2d";
    }

    @Override
    public String details() {
        return frozenStatistics ? "eps " + eps + ", statistics frozen" : "eps " + eps;
    }
}
