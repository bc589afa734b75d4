package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Shape;

/**
 * The inputs one after the other along an axis.
 *
 * @param axis 1 for channels
 */
public record Concat(int axis) implements Layer {
    @Override
    public List<ParameterSpec> parameters() {
        return List.of();
    }

    @Override
    public Shape infer(Shape... in) {
        Inputs.check(kind(), in, 1, Integer.MAX_VALUE);
        return new org.lrcc.engine.op.Concat(axis).infer(in);
    }

    @Override
    public Var forward(LayerContext c, Var... in) {
        return c.tape().apply(new org.lrcc.engine.op.Concat(axis), in);
    }

    @Override
    public String kind() {
        return "Concat";
    }

    @Override
    public String details() {
        return "axis " + axis;
    }
}
