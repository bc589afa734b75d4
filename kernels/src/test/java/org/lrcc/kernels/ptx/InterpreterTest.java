package org.lrcc.kernels.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The interpreter computes what the kernels say, whatever way their threads part and meet. */
class InterpreterTest {
    private static final int COUNT = 1000;

    static String faults() {
        try (InputStream in = InterpreterTest.class.getResourceAsStream("/ptx/faults.ptx")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static float[] values(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 20 - 10;
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 32, 96, 1024})
    void elementsAreAddedForAnyBlock(int threads) {
        Launch launch = new Launch(faults());
        float[] x = values(COUNT, 1);
        long y = launch.empty(4 * COUNT);
        launch.run("shift", 3, threads, launch.floats(x), y, COUNT, 2.5f);
        float[] got = launch.floats(y, COUNT);
        for (int i = 0; i < COUNT; i++) {
            assertThat(got[i]).isEqualTo(x[i] + 2.5f);
        }
    }

    @Test
    void walksEndBelowTheLargestInt() {
        Launch launch = new Launch(faults());
        int n = Integer.MAX_VALUE;
        int step = 1 << 24;
        long counts = launch.empty(4 * 32);
        launch.run("visits", 1, 32, counts, n - step - 16, n, step);
        int[] twice = launch.ints(counts, 32);
        for (int thread = 0; thread < 32; thread++) {
            assertThat(twice[thread]).as("thread %d", thread).isEqualTo(thread < 16 ? 2 : 1);
        }
        launch.run("visits", 1, 32, counts, n - 32, n, step);
        assertThat(launch.ints(counts, 32)).containsOnly(1);
        launch.run("visits", 1, 32, counts, 0, 5, 32);
        assertThat(launch.ints(counts, 32)).startsWith(1, 1, 1, 1, 1, 0).endsWith(0);
    }

    @Test
    void vectorsAreAdded() {
        Launch launch = new Launch(faults());
        float[] a = values(4 * 33, 1);
        float[] b = values(4 * 33, 2);
        long y = launch.empty(16 * 33);
        launch.run("addVectors", 2, 64, launch.floats(a), launch.floats(b), y, 33);
        float[] got = launch.floats(y, a.length);
        for (int i = 0; i < a.length; i++) {
            assertThat(got[i]).isEqualTo(a[i] + b[i]);
        }
    }

    @Test
    void barriersOrderATree() {
        Launch launch = new Launch(faults());
        float[] x = new float[200];
        for (int i = 0; i < x.length; i++) {
            x[i] = i;
        }
        long sums = launch.empty(16);
        launch.run("blockSums", 4, 64, launch.floats(x), sums, x.length);
        assertThat(launch.floats(sums, 4)).containsExactly(2016, 6112, 10208, 1564);
    }

    @Test
    void warpsExchangeValues() {
        Launch launch = new Launch(faults());
        float[] x = new float[64];
        for (int i = 0; i < x.length; i++) {
            x[i] = i;
        }
        long sums = launch.empty(8);
        launch.run("warpSums", 1, 64, launch.floats(x), sums, 40);
        assertThat(launch.floats(sums, 2)).containsExactly(496, 284);
    }

    @Test
    void integerAtomicsCount() {
        Launch launch = new Launch(faults());
        int[] x = new Random(3).ints(COUNT, 0, 1000).toArray();
        long counts = launch.ints(new int[8]);
        launch.run("histogram", 3, 96, launch.ints(x), counts, COUNT);
        int[] want = new int[8];
        for (int value : x) {
            want[value & 7]++;
        }
        assertThat(launch.ints(counts, 8)).isEqualTo(want);
    }

    @Test
    void threadsPartAndMeet() {
        Launch launch = new Launch(faults());
        int[] x = new Random(4).ints(COUNT, 1, 5000).toArray();
        long steps = launch.empty(4 * COUNT);
        launch.run("collatz", 2, 128, launch.ints(x), steps, COUNT);
        int[] want = new int[COUNT];
        for (int i = 0; i < COUNT; i++) {
            for (int v = x[i]; v != 1; v = (v & 1) != 0 ? 3 * v + 1 : v / 2) {
                want[i]++;
            }
        }
        assertThat(launch.ints(steps, COUNT)).isEqualTo(want);
    }

    @Test
    void floatsFollowTheStandard() {
        Launch launch = new Launch(faults());
        float[] a = values(COUNT, 5);
        float[] b = values(COUNT, 6);
        a[0] = Float.NaN;
        b[1] = Float.NaN;
        a[2] = 0;
        b[3] = 0;
        a[4] = -0f;
        b[4] = 0;
        long y = launch.empty(40 * COUNT);
        launch.run("arithmetic", 2, 256, launch.floats(a), launch.floats(b), y, COUNT);
        float[] got = launch.floats(y, 10 * COUNT);
        for (int i = 0; i < COUNT; i++) {
            float p = a[i];
            float q = b[i];
            float[] want = {
                p / q,
                (float) Math.sqrt(Math.abs(p)),
                (float) Math.exp(p),
                (float) Math.log(Math.abs(p)),
                Math.fma(p, q, p),
                p != p ? q : q != q ? p : Math.min(p, q),
                p != p ? q : q != q ? p : Math.max(p, q),
                (int) p,
                (float) (1 / Math.sqrt(Math.abs(p))),
                (float) ((double) p * q)
            };
            for (int j = 0; j < 10; j++) {
                // CUDA's own expf and logf are a few units in the last place off.
                float slack = j == 2 || j == 3 ? 4 * Math.ulp(Math.max(Math.abs(want[j]), 0.1f)) : 0;
                if (slack > 0 && Float.isFinite(want[j])) {
                    assertThat(got[10 * i + j])
                            .as("function %d of %s", j, p)
                            .isBetween(want[j] - slack, want[j] + slack);
                } else {
                    assertThat(Float.compare(got[10 * i + j], want[j]))
                            .as("function %d of %s, %s: %s for %s", j, p, q, got[10 * i + j], want[j])
                            .isZero();
                }
            }
        }
    }

    @Test
    void integersFollowTheStandard() {
        Launch launch = new Launch(faults());
        int[] a = new Random(7).ints(COUNT).toArray();
        int[] b = new Random(8)
                .ints(COUNT)
                .map(v -> v == 0 ? 1 : v >> (v & 15))
                .map(v -> v == 0 ? 1 : v)
                .toArray();
        long y = launch.empty(48 * COUNT);
        launch.run("integers", 2, 256, launch.ints(a), launch.ints(b), y, COUNT);
        int[] got = launch.ints(y, 12 * COUNT);
        for (int i = 0; i < COUNT; i++) {
            int p = a[i];
            int q = b[i];
            long unsigned = (p & 0xFFFF_FFFFL) * (q & 0xFFFF_FFFFL) >>> 32;
            int[] want = {
                p / q,
                p % q,
                Integer.divideUnsigned(p, q),
                (int) unsigned,
                (int) ((long) p * q >> 32),
                p >> (q & 31),
                p >>> (q & 31),
                Math.min(p, q) ^ Math.max(p, q),
                Integer.bitCount(p) + Integer.numberOfLeadingZeros(q),
                (int) ((long) p * q >> 7),
                (byte) p + (q & 0xFF) + (short) p,
                Integer.reverse(p)
            };
            for (int j = 0; j < 12; j++) {
                assertThat(got[12 * i + j]).as("function %d of %d, %d", j, p, q).isEqualTo(want[j]);
            }
        }
    }

    @Test
    void everyShippedKernelIsUnderstood() throws IOException {
        for (String name : PtxSourcesTest.names()) {
            Interpreter interpreter = new Interpreter();
            assertThat(interpreter.load(Ptx.read(name))).isNotEmpty();
        }
    }
}
