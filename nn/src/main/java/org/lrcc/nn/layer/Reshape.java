package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Shape;

/**
 * The same elements under another shape.
 *
 * @param sizes new sizes; 0 keeps an axis, one -1 takes what is left; the first should be 0 or -1, or the batch is fixed
 */
public record Reshape(List<Integer> sizes) implements Layer {
    @Override
    public List<ParameterSpec> parameters() {
        return List.of();
    }

    @Override
    public Shape infer(Shape... in) {
        Inputs.check(kind(), in, 1, 1);
        return new org.lrcc.engine.op.Reshape(sizes).infer(in);
    }

    @Override
    public Var forward(LayerContext c, Var... in) {
        return c.tape().apply(new org.lrcc.engine.op.Reshape(sizes), in);
    }

    @Override
    public String kind() {
        return "Reshape";
    }
}
