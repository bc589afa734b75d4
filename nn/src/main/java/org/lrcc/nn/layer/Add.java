package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Shape;

/**
 * The sum of two inputs, broadcast as numpy does.
 */
public record Add() implements Layer {
    @Override
    public List<ParameterSpec> parameters() {
        return List.of();
    }

    @Override
    public Shape infer(Shape... in) {
        Inputs.check(kind(), in, 2, 2);
        return new org.lrcc.engine.op.Add().infer(in);
    }

    @Override
    public Var forward(LayerContext c, Var... in) {
        return c.tape().apply(new org.lrcc.engine.op.Add(), in);
    }

    @Override
    public String kind() {
        return "Add";
    }
}
