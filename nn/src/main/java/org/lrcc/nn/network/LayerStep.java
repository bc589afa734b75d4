package org.lrcc.nn.network;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Reshape;
import org.lrcc.nn.layer.Layer;

/** A layer run as it is. */
class LayerStep extends Step {
    private final Node node;
    private final Layer layer;
    private final int[] inputs;

    LayerStep(Node node, int[] inputs, int output) {
        super(node, output);
        this.node = node;
        this.layer = node.layer();
        this.inputs = inputs;
    }

    final Node node() {
        return node;
    }

    final Layer layer() {
        return layer;
    }

    @Override
    final int[] inputs() {
        return inputs;
    }

    @Override
    Var run(StepContext context, @Nullable Var[] live) {
        Var[] in = new Var[inputs.length];
        for (int i = 0; i < in.length; i++) {
            in[i] = live(live, inputs[i]);
        }
        Var out = layer.forward(context, in);
        for (Var input : in) {
            if (out == input) {
                // A value of its own, so that each is released in its own time; it shares the memory.
                return context.tape().apply(new Reshape(out.shape().sizes()), out);
            }
        }
        return out;
    }

    @Override
    final String describe() {
        return names().layer() + ": " + layer.kind();
    }
}
