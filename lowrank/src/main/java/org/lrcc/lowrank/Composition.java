package org.lrcc.lowrank;

import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.LayerContext;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.State;

/** Computes a layer's weight in use outside of any plan. */
final class Composition {
    private Composition() {}

    /** The weight in use of a low-rank layer, a new tensor on the heap. */
    static Tensor weight(Node node, LowRankConv2d layer, State state) {
        try (Kernels kernels = Backends.get().open();
                Tape tape = Tape.inference(kernels)) {
            return layer.weight(new Context(node, Parameters.of(tape, state)))
                    .tensor()
                    .copy();
        }
    }

    /** W with scale U·V taken off, in form {@link LowRankConv2d.Form#OVER_BASE}. */
    static Tensor base(Node node, LowRankConv2d layer, State state, Tensor merged) {
        float[] composed = weight(node, layer, state).toFloats();
        float[] base = state.get(node.parameter(LowRankConv2d.WEIGHT)).toFloats();
        float[] result = merged.toFloats();
        for (int i = 0; i < result.length; i++) {
            result[i] -= composed[i] - base[i];
        }
        return Tensor.of(result, layer.weightShape().sizes());
    }

    private record Context(Node node, Parameters parameters) implements LayerContext {
        @Override
        public Tape tape() {
            return parameters.tape();
        }

        @Override
        public Var parameter(String local) {
            return parameters.get(node.parameter(local));
        }

        @Override
        public boolean training() {
            return false;
        }

        @Override
        public long seed() {
            return 0;
        }

        @Override
        public long stream() {
            return 0;
        }
    }
}
