package org.lrcc.nn.network;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.Activation;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.layer.Layer;

/** A convolution or batch norm with the addition and the activation that follow it. */
class FusedStep extends Step {
    private final Layer layer;
    private final Chain chain;

    FusedStep(Chain chain) {
        super(chain.first(), chain.output());
        this.layer = chain.first().layer();
        this.chain = chain;
    }

    final Chain chain() {
        return chain;
    }

    @Override
    final int[] inputs() {
        return chain.residual() < 0 ? new int[] {chain.input()} : new int[] {chain.input(), chain.residual()};
    }

    @Override
    final Var run(StepContext context, @Nullable Var[] live) {
        Var residual = chain.residual() < 0 ? null : live(live, chain.residual());
        return run(context, chain.activation(), residual, live(live, chain.input()));
    }

    Var run(StepContext context, Activation activation, @Nullable Var residual, Var x) {
        return layer instanceof Convolution convolution
                ? convolution.forward(context, activation, residual, x)
                : ((BatchNorm2d) layer).forward(context, activation, residual, x);
    }

    @Override
    final String describe() {
        return names().layer() + ": " + chain.describe();
    }
}
