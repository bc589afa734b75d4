package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Shape;

/**
 * The average of each channel of [N, C, H, W].
 *
 * @param keepAxes whether the output is [N, C, 1, 1]; else it is [N, C]
 */
public record GlobalAvgPool(boolean keepAxes) implements Layer {
    @Override
    public List<ParameterSpec> parameters() {
        return List.of();
    }

    @Override
    public Shape infer(Shape... in) {
        Inputs.check(kind(), in, 1, 1);
        Shape pooled = new org.lrcc.engine.op.GlobalAvgPool().infer(in);
        return keepAxes ? pooled : Shape.of(pooled.size(0), pooled.size(1));
    }

    @Override
    public Var forward(LayerContext c, Var... in) {
        Var pooled = c.tape().apply(new org.lrcc.engine.op.GlobalAvgPool(), in);
        if (keepAxes) {
            return pooled;
        }
        Var flat = c.tape().apply(new org.lrcc.engine.op.Flatten(1), pooled);
        c.tape().release(pooled);
        return flat;
    }

    @Override
    public String kind() {
        return "GlobalAvgPool";
    }
}
