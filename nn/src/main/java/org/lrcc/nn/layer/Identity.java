package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Shape;

/** The input as it is. */
public record Identity() implements Layer {
    @Override
    public List<ParameterSpec> parameters() {
        return List.of();
    }

    @Override
    public Shape infer(Shape... in) {
        Inputs.check(kind(), in, 1, 1);
        return in[0];
    }

    @Override
    public Var forward(LayerContext c, Var... in) {
        return in[0];
    }

    @Override
    public String kind() {
        return "Identity";
    }
}
