package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.tensor.Shape;

/**
 * A pointwise function.
 *
 * @param activation the function
 */
public record Activate(Activation activation) implements Layer {
    @Override
    public List<ParameterSpec> parameters() {
        return List.of();
    }

    @Override
    public Shape infer(Shape... in) {
        Inputs.check(kind(), in, 1, 1);
        return new org.lrcc.engine.op.Activate(activation).infer(in);
    }

    @Override
    public Var forward(LayerContext c, Var... in) {
        return c.tape().apply(new org.lrcc.engine.op.Activate(activation), in);
    }

    @Override
    public String kind() {
        return "Activate";
    }

    @Override
    public String details() {
        return activation.kind().toString().toLowerCase(java.util.Locale.ROOT);
    }
}
