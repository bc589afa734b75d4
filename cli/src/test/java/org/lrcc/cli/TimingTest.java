package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class TimingTest {
    private static final int MEGABYTE = 1 << 20;

    /** Written to, so that no compiler leaves the arrays out. */
    private static volatile byte[] kept = {};

    @Test
    void aThreadThatEndsMeanwhileHidesNoGarbageOfTheOthers() throws InterruptedException {
        CountDownLatch allocated = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Thread passing = new Thread(() -> {
            kept = new byte[64 * MEGABYTE];
            allocated.countDown();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        passing.start();
        allocated.await();
        Timing timing = Timing.measure(0, 2, () -> {
            kept = new byte[MEGABYTE];
            end.countDown();
            try {
                passing.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(timing.garbageBytes()).isBetween((long) MEGABYTE, 2L * MEGABYTE);
        assertThat(timing.milliseconds()).hasSize(2);
        assertThat(timing.firstMilliseconds()).isEqualTo(timing.milliseconds()[0]);
    }
}
