package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class ThreadPoolTest {
    @Test
    void everyChunkRunsOnceForAnyNumberOfThreads() {
        for (int threads : new int[] {1, 2, 3, 8}) {
            ThreadPool pool = new ThreadPool(threads);
            for (int chunks : new int[] {0, 1, 2, 7, 1000}) {
                AtomicIntegerArray runs = new AtomicIntegerArray(Math.max(1, chunks));
                pool.run(chunks, runs::incrementAndGet);
                for (int i = 0; i < chunks; i++) {
                    assertThat(runs.get(i)).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void nestedCallsRunInline() {
        ThreadPool pool = new ThreadPool(3);
        AtomicIntegerArray runs = new AtomicIntegerArray(100);
        pool.run(10, i -> {
            Thread outer = Thread.currentThread();
            pool.run(10, j -> {
                assertThat(Thread.currentThread()).isSameAs(outer);
                runs.incrementAndGet(i * 10 + j);
            });
        });
        for (int i = 0; i < 100; i++) {
            assertThat(runs.get(i)).isEqualTo(1);
        }
    }

    @Test
    void anExceptionReachesTheCallerAndThePoolStaysUsable() {
        ThreadPool pool = new ThreadPool(2);
        for (int round = 0; round < 50; round++) {
            assertThatThrownBy(() -> pool.run(20, i -> {
                        if (i == 13) {
                            throw new IllegalArgumentException("thirteen");
                        }
                    }))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("thirteen");
        }
        AtomicIntegerArray runs = new AtomicIntegerArray(20);
        pool.run(20, runs::incrementAndGet);
        for (int i = 0; i < 20; i++) {
            assertThat(runs.get(i)).isEqualTo(1);
        }
    }

    @Test
    void severalCallersAtOnceAllGetTheirWorkDone() throws InterruptedException {
        ThreadPool pool = new ThreadPool(2);
        int callers = 4;
        AtomicIntegerArray sums = new AtomicIntegerArray(callers);
        List<Thread> threads = new ArrayList<>();
        for (int c = 0; c < callers; c++) {
            int mine = c;
            Thread t = new Thread(() -> {
                for (int i = 0; i < 500; i++) {
                    pool.run(8, chunk -> sums.addAndGet(mine, chunk));
                }
            });
            threads.add(t);
            t.start();
        }
        for (Thread t : threads) {
            t.join();
        }
        for (int c = 0; c < callers; c++) {
            assertThat(sums.get(c)).isEqualTo(500 * 28);
        }
    }

    @Test
    void refusesFewerThanOneThread() {
        assertThatThrownBy(() -> new ThreadPool(0)).hasMessageContaining("at least 1, got 0");
    }
}
