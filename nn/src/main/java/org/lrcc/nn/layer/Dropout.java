package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Shape;

/**
 * In training, elements are dropped with probability p and the others divided by 1 - p; in inference, the input as it is.
 *
 * @param p probability that an element is dropped, from 0 to below 1
 */
public record Dropout(double p) implements Layer {
    /** Checks the probability. */
    public Dropout {
        if (!(p >= 0 && p < 1)) {
            throw new InputException("dropout: p is " + p + ", not from 0 to below 1");
        }
    }

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
        return c.training() && p > 0
                ? c.tape().apply(new org.lrcc.engine.op.Dropout(p, c.seed(), c.stream()), in)
                : in[0];
    }

    @Override
    public String kind() {
        return "Dropout";
    }

    @Override
    public String details() {
        return "p " + p;
    }
}
