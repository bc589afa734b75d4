package org.lrcc.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;

/** The expected rates are what torch 2.5.1's schedulers give. */
class ScheduleTest {
    private static void perEpoch(Schedule schedule, double... expected) {
        for (int epoch = 0; epoch < expected.length; epoch++) {
            assertThat(schedule.rate(0.1, epoch, epoch * 7L + 3, expected.length, 7))
                    .as("epoch %d", epoch)
                    .isCloseTo(expected[epoch], within(1e-15));
        }
    }

    @Test
    void cosine() {
        perEpoch(
                Schedule.cosine(0),
                0.1,
                0.09755282581475769,
                0.09045084971874738,
                0.07938926261462367,
                0.06545084971874739,
                0.05000000000000001,
                0.03454915028125264,
                0.020610737385376353,
                0.009549150281252635,
                0.002447174185242324);
        perEpoch(
                Schedule.cosine(0.003),
                0.1,
                0.09519699009326733,
                0.08173925539014859,
                0.06229226529688126,
                0.04070773470311877,
                0.021260744609851428,
                0.007803009906732677);
    }

    @Test
    void cosineAfterWarmup() {
        perEpoch(
                Schedule.cosine(0).warmup(3, 0.01),
                0.001,
                0.034,
                0.067,
                0.1,
                0.09698463103929543,
                0.08830222215594889,
                0.075,
                0.058682408883346526,
                0.041317591116653486,
                0.025000000000000012,
                0.011697777844051105,
                0.0030153689607045845);
    }

    @Test
    void step() {
        perEpoch(Schedule.step(0.2, 3), 0.1, 0.1, 0.1, 0.02, 0.02, 0.02, 0.004, 0.004, 0.004, 0.0008);
    }

    @Test
    void constantAfterWarmup() {
        perEpoch(Schedule.constant().warmup(4, 0.25), 0.025, 0.04375, 0.0625, 0.08125, 0.1, 0.1);
    }

    @Test
    void perStepCountsSteps() {
        Schedule schedule = Schedule.cosine(0).per(Schedule.Unit.STEP);
        assertThat(schedule.rate(0.1, 0, 3, 2, 5)).isCloseTo(0.07938926261462367, within(1e-15));
        assertThat(schedule.rate(0.1, 1, 9, 2, 5)).isCloseTo(0.002447174185242324, within(1e-15));
    }

    @Test
    void outOfRange() {
        assertThatThrownBy(() -> Schedule.step(0, 3))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("gamma must be above 0: 0.0");
        assertThatThrownBy(() -> Schedule.step(0.1, 0)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Schedule.cosine(-1)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Schedule.cosine(0).warmup(1, 2)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Schedule.cosine(Double.NaN)).isInstanceOf(InputException.class);
    }
}
