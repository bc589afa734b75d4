package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Shape;

/**
 * The axes from {@code axis} on become one, and those before it one.
 *
 * @param axis first axis of the columns; 1 gives [N, C H W]
 */
public record Flatten(int axis) implements Layer {
    @Override
    public List<ParameterSpec> parameters() {
        return List.of();
    }

    @Override
    public Shape infer(Shape... in) {
        Inputs.check(kind(), in, 1, 1);
        return new org.lrcc.engine.op.Flatten(axis).infer(in);
    }

    @Override
    public Var forward(LayerContext c, Var... in) {
        return c.tape().apply(new org.lrcc.engine.op.Flatten(axis), in);
    }

    @Override
    public String kind() {
        return "Flatten";
    }
}
