package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.State;

class GradientTreeTest {
    /** Values whose sum depends on the order in floats. */
    private static final float[] TERMS = {1, 1e8f, -1e8f, 1, 2, 3, 4};

    private static float sum(GradientTree tree, FlatParameters flat, int count) {
        for (int i = 0; i < count; i++) {
            Tensor next = tree.next();
            flat.slice(next, "p").storage().write(next.offset(), new float[] {TERMS[i]}, 0, 1);
            tree.add(next);
        }
        return flat.slice(tree.total(), "p").toFloats()[0];
    }

    @Test
    void sumsAsATree() {
        State state = State.builder()
                .put("p", Role.WEIGHT, Tensor.of(new float[1], 1))
                .build();
        FlatParameters flat = state.flatten();
        float[] t = TERMS;
        try (Kernels k = Backends.named("reference").open()) {
            GradientTree tree = new GradientTree(k, flat);
            assertThat(sum(tree, flat, 1)).isEqualTo(t[0]);
            assertThat(sum(tree, flat, 3)).isEqualTo((t[0] + t[1]) + t[2]);
            assertThat(sum(tree, flat, 4)).isEqualTo((t[0] + t[1]) + (t[2] + t[3]));
            assertThat(sum(tree, flat, 7)).isEqualTo(((t[0] + t[1]) + (t[2] + t[3])) + ((t[4] + t[5]) + t[6]));
            float sequential = 0;
            for (float term : t) {
                sequential += term;
            }
            assertThat(sum(tree, flat, 7)).as("the order shows").isNotEqualTo(sequential);
        }
    }
}
