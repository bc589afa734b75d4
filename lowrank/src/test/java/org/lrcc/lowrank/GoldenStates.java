package org.lrcc.lowrank;

import java.util.function.Function;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.LayerContext;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.State;

/** States from recorded tensors, and a context to run a layer alone. */
final class GoldenStates {
    private GoldenStates() {}

    /** Every tensor that the network needs, by full name; recorded masks are floats. */
    static State of(Network network, Function<String, Tensor> recorded) {
        State.Builder state = State.builder();
        for (Node node : network.nodes()) {
            for (ParameterSpec spec : node.layer().parameters()) {
                String name = node.parameter(spec.name());
                Tensor tensor = recorded.apply(name);
                state.put(name, spec.role(), spec.dtype() == DType.U8 ? bytes(tensor) : tensor.copy());
            }
        }
        return state.build();
    }

    private static Tensor bytes(Tensor mask) {
        float[] values = mask.toFloats();
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return Tensor.of(bytes, mask.shape().sizes());
    }

    /** A context outside of training. */
    static LayerContext context(Node node, Parameters parameters) {
        return context(node, parameters, false, 0);
    }

    static LayerContext context(Node node, Parameters parameters, boolean training, long stream) {
        return new LayerContext() {
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
                return training;
            }

            @Override
            public long seed() {
                return 11;
            }

            @Override
            public long stream() {
                return stream;
            }
        };
    }
}
