package org.lrcc.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.State;

/** The expected parameters are what torch 2.5.1's optimizers give for the same gradients. */
class OptimizerTest {
    private static final float[] START = {0.5f, -1, 2, 0.1f, -0.3f};
    private static final float[] SLOPE = {0.1f, -0.2f, 0.3f, 0.4f, -0.5f};

    private final Kernels k = Backends.named("reference").open();

    @AfterEach
    void close() {
        k.close();
    }

    private static State state() {
        return State.builder()
                .put("b.weight", Role.WEIGHT, Tensor.of(START, 5))
                .put("a.weight", Role.WEIGHT, Tensor.of(START, 1, 5))
                .put("c.weight", Role.WEIGHT, Tensor.of(START, 5))
                .build();
    }

    /** The gradient at step i (from 0) is {@code SLOPE (i + 1) + p / 2}. */
    private void steps(FlatOptimizer optimizer, FlatParameters flat, int from, int to, double rate) {
        Tensor gradient = flat.newBuffer();
        for (int i = from; i < to; i++) {
            for (String name : flat.names()) {
                float[] p = flat.slice(flat.values(), name).toFloats();
                for (int j = 0; j < p.length; j++) {
                    p[j] = SLOPE[j] * (i + 1) + p[j] * 0.5f;
                }
                Tensor slice = flat.slice(gradient, name);
                slice.storage().write(slice.offset(), p, 0, p.length);
            }
            optimizer.step(k, gradient, rate);
        }
    }

    private void reaches(Optimizer rule, double rate, float... expected) {
        State state = state();
        FlatParameters flat = state.flatten();
        FlatOptimizer optimizer = new FlatOptimizer(rule, List.of(), flat);
        steps(optimizer, flat, 0, 4, rate);
        for (String name : state.names()) {
            assertThat(state.get(name).toFloats()).containsExactly(expected, within(2e-6f));
        }
        assertThat(state.version("a.weight")).isEqualTo(4);
    }

    @Test
    void sgd() {
        reaches(new Sgd(0, false, 0), 0.1, 0.31212938f, -0.62425876f, 1.3436413f, -0.2990444f, 0.23126687f);
        reaches(new Sgd(0.9, false, 1e-2), 0.1, 0.11101779f, -0.22203559f, 0.6198488f, -0.6457516f, 0.70681095f);
    }

    @Test
    void nesterov() {
        reaches(new Sgd(0.9, true, 1e-2), 0.1, -0.00909479f, 0.01818958f, 0.20531705f, -0.92026514f, 1.06892085f);
    }

    @Test
    void adamW() {
        reaches(
                new AdamW(0.9, 0.999, 1e-8, 0.1),
                0.05,
                0.29120618f,
                -0.78145528f,
                1.76141691f,
                -0.09599175f,
                -0.09918644f);
    }

    @Test
    void groupsHaveTheirOwnRateAndDecay() {
        State state = state();
        FlatParameters flat = state.flatten();
        FlatOptimizer optimizer = new FlatOptimizer(
                new Sgd(0.9, false, 1e-2),
                List.of(ParameterGroup.rate("b.*", 0), new ParameterGroup("c.weight", 2, 0.0)),
                flat);
        steps(optimizer, flat, 0, 4, 0.1);
        assertThat(state.get("a.weight").toFloats()[0]).isCloseTo(0.11101779f, within(2e-6f));
        assertThat(state.get("b.weight").toFloats()).containsExactly(START);
        State alone = state();
        FlatParameters other = alone.flatten();
        steps(new FlatOptimizer(new Sgd(0.9, false, 0), List.of(), other), other, 0, 4, 0.2);
        assertThat(state.get("c.weight").toFloats())
                .containsExactly(alone.get("c.weight").toFloats());
    }

    @Test
    void restoredOptimizersGoOnToTheSameBits() {
        for (Optimizer rule : List.of(new Sgd(0.9, false, 1e-2), AdamW.defaults())) {
            State straight = state();
            FlatParameters flat = straight.flatten();
            steps(new FlatOptimizer(rule, List.of(), flat), flat, 0, 5, 0.05);

            State broken = state();
            FlatParameters first = broken.flatten();
            FlatOptimizer before = new FlatOptimizer(rule, List.of(), first);
            steps(before, first, 0, 2, 0.05);
            State saved = broken.copy();
            FlatParameters second = saved.flatten();
            FlatOptimizer after = new FlatOptimizer(rule, List.of(), second);
            after.restore(before.steps(), before.slotValues());
            steps(after, second, 2, 5, 0.05);
            assertThat(second.values().toFloats()).containsExactly(flat.values().toFloats());
        }
    }

    @Test
    void aGroupThatMatchesNothingIsRefused() {
        FlatParameters flat = state().flatten();
        assertThatThrownBy(
                        () -> new FlatOptimizer(new Sgd(0, false, 0), List.of(ParameterGroup.rate("nothing", 1)), flat))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("parameter group 'nothing' matches none of the 3 parameters");
    }

    @Test
    void slotsOfAnotherShapeAreRefused() {
        FlatParameters flat = state().flatten();
        FlatOptimizer optimizer = new FlatOptimizer(new Sgd(0.9, false, 0), List.of(), flat);
        assertThatThrownBy(() -> optimizer.restore(3, Map.of()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("velocity of 'a.weight' is missing");
    }

    @Test
    void clipping() {
        Tensor gradient = Tensor.of(new float[] {3, -4, 12, 0.5f}, 4);
        double norm = GradientNorm.of(k, gradient);
        assertThat(norm).isCloseTo(13.009612083435059, within(1e-6));
        GradientNorm.clip(k, gradient, norm, 20);
        assertThat(gradient.toFloats()).containsExactly(3, -4, 12, 0.5f);
        GradientNorm.clip(k, gradient, norm, 2);
        assertThat(gradient.toFloats())
                .containsExactly(new float[] {0.46119744f, -0.6149299f, 1.8447897f, 0.07686624f}, within(1e-6f));
    }

    @Test
    void settingsOutOfRange() {
        assertThatThrownBy(() -> new Sgd(1, false, 0)).hasMessageContaining("sgd: momentum must be in [0.0, 1.0): 1.0");
        assertThatThrownBy(() -> new Sgd(0, true, 0)).hasMessageContaining("Nesterov");
        assertThatThrownBy(() -> new AdamW(0.9, 0.999, 0, 0)).hasMessageContaining("eps must be above 0");
    }
}
