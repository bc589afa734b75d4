package org.lrcc.nn.layer;

import java.util.ArrayList;
import java.util.List;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Shape;

/**
 * torch's Linear. Parameters: "weight" [out, in] and, with a bias, "bias" [out]. Input [N, in].
 *
 * @param in features in
 * @param out features out
 * @param bias whether it has a bias
 */
public record Linear(int in, int out, boolean bias) implements Layer {
    /** Checks the sizes. */
    public Linear {
        if (in < 1 || out < 1) {
            throw new InputException("linear: features " + in + " to " + out + " must be at least 1");
        }
    }

    @Override
    public List<ParameterSpec> parameters() {
        List<ParameterSpec> all = new ArrayList<>();
        all.add(ParameterSpec.weight("weight", out, in));
        if (bias) {
            all.add(ParameterSpec.weight("bias", out));
        }
        return all;
    }

    @Override
    public Shape infer(Shape... inputs) {
        Inputs.check(kind(), inputs, 1, 1);
        return new org.lrcc.engine.op.Linear().infer(inputs[0], Shape.of(out, in));
    }

    @Override
    public Var forward(LayerContext c, Var... inputs) {
        var op = new org.lrcc.engine.op.Linear();
        return bias
                ? c.tape().apply(op, inputs[0], c.parameter("weight"), c.parameter("bias"))
                : c.tape().apply(op, inputs[0], c.parameter("weight"));
    }

    @Override
    public String kind() {
        return "Linear";
    }

    @Override
    public long macs(Shape... inputs) {
        return (long) inputs[0].size(0) * in * out;
    }

    @Override
    public String details() {
        return in + " to " + out;
    }
}
