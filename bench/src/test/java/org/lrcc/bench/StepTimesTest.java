package org.lrcc.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StepTimesTest {
    @Test
    void aLineReadsBackAsItWas() {
        StepTimes times = new StepTimes("lrcc", new double[] {3, 1.5, 2}, 812.25);

        StepTimes read = StepTimes.parse(times.toLine());

        assertThat(StepTimes.isLine(times.toLine())).isTrue();
        assertThat(read.name()).isEqualTo("lrcc");
        assertThat(read.milliseconds()).containsExactly(3, 1.5, 2);
        assertThat(read.peakMegabytes()).isEqualTo(812.25);
    }

    @Test
    void quantilesLieBetweenTheSortedTimes() {
        StepTimes times = new StepTimes("x", new double[] {4, 1, 3, 2}, 0);

        assertThat(times.median()).isEqualTo(2.5);
        assertThat(times.quantile(0)).isEqualTo(1);
        assertThat(times.quantile(0.25)).isEqualTo(1.75);
        assertThat(times.quantile(1)).isEqualTo(4);
    }

    @Test
    void measuringRunsTheWarmUpAndTheSteps() {
        int[] runs = {0};

        StepTimes times = StepTimes.measure("x", 2, 3, () -> runs[0]++);

        assertThat(runs[0]).isEqualTo(5);
        assertThat(times.milliseconds()).hasSize(3).doesNotContain(Double.NaN);
    }
}
