package org.lrcc.lowrank;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;

/**
 * S of one layer: the entries that are on.
 *
 * @param indices where they stand in the weight, in row-major order, ascending
 * @param values what they are
 */
record SparseEntries(int[] indices, float[] values) {
    /** The entries that a mask, 1 where S is off, leaves on. */
    static SparseEntries of(float[] s, byte[] mask) {
        int count = 0;
        for (byte off : mask) {
            count += 1 - off;
        }
        int[] indices = new int[count];
        float[] values = new float[count];
        int at = 0;
        for (int i = 0; i < mask.length; i++) {
            if (mask[i] == 0) {
                indices[at] = i;
                values[at++] = s[i];
            }
        }
        return new SparseEntries(indices, values);
    }

    /** Those of a layer's S, in whichever form it lies. */
    static SparseEntries of(Node node, LowRankConv2d layer, State state) {
        float[] s = state.get(node.parameter(LowRankConv2d.SPARSE)).toFloats();
        return layer.isCompact()
                ? new SparseEntries(
                        state.get(node.parameter(LowRankConv2d.INDICES)).toInts(), s)
                : of(s, state.get(node.parameter(LowRankConv2d.MASK)).toBytes());
    }

    /** The layer's parameters of S, by local name, in the form that it asks for. */
    Map<String, Tensor> parameters(LowRankConv2d layer) {
        Map<String, Tensor> made = new HashMap<>();
        if (layer.isCompact()) {
            made.put(LowRankConv2d.SPARSE, Tensor.of(values, values.length));
            made.put(LowRankConv2d.INDICES, Tensor.of(indices, indices.length));
            return made;
        }
        Shape shape = layer.weightShape();
        float[] s = new float[shape.elements()];
        byte[] mask = new byte[s.length];
        Arrays.fill(mask, (byte) 1);
        for (int i = 0; i < indices.length; i++) {
            s[indices[i]] = values[i];
            mask[indices[i]] = 0;
        }
        made.put(LowRankConv2d.SPARSE, Tensor.of(s, shape.sizes()));
        made.put(LowRankConv2d.MASK, Tensor.of(mask, shape.sizes()));
        return made;
    }
}
