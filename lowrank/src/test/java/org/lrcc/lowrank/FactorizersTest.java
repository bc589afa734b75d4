package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.cpu.ThreadPool;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;

/** The decomposition methods beside each other: what is minimised, what they find, what they refuse. */
class FactorizersTest {
    static Stream<Factorizer> all() {
        return Stream.of(new GreedyFactorizer(), new AcceleratedFactorizer(), new SvdFactorizer());
    }

    /** The weights of the golden cases with a sparse part. */
    static List<Factorizer.Problem> golden() throws IOException {
        GoldenCases golden = GoldenCases.read();
        List<Factorizer.Problem> problems = new ArrayList<>();
        for (JsonNode c : golden.cases()) {
            if (c.path("kind").asText().equals("decompose")) {
                Tensor weight = golden.tensors(c.path("case").asText()).floats("weight");
                int kernel = weight.shape().size(2);
                int rows = weight.shape().size(0) * kernel;
                int columns = weight.shape().size(1) * kernel;
                int rank = Math.max(1, Math.min(rows, columns) / 4);
                problems.add(problem(weight.toFloats(), rows, columns, rank, 0.01));
            }
        }
        return problems;
    }

    @ParameterizedTest
    @MethodSource("golden")
    void acceleratedReachesLowerThanTheOthersOnGoldenWeights(Factorizer.Problem problem) {
        double greedy = run(new GreedyFactorizer(), problem).objective();
        double svd = run(new SvdFactorizer(), problem).objective();
        double accelerated = run(new AcceleratedFactorizer(), problem).objective();
        assertThat(accelerated).isLessThanOrEqualTo(greedy * (1 + 1e-6)).isLessThanOrEqualTo(svd * (1 + 1e-6));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void recoversLowRankPlusSparseWhereTheOthersDoNot(long seed) {
        Planted planted = Planted.of(60, 80, 5, 0.05, seed);
        Factorization found = run(new AcceleratedFactorizer(), planted.problem());
        Factorization greedy = run(new GreedyFactorizer(), planted.problem());
        float[] uv = product(found);
        double worst = 0;
        for (int i = 0; i < uv.length; i++) {
            worst = Math.max(worst, Math.abs(uv[i] - planted.low()[i]));
        }
        // The noise is 1e-4; lambda lies far above it and far below the outliers.
        assertThat(worst).isLessThan(1e-3);
        assertThat(found.entries()).isEqualTo(planted.outliers());
        assertThat(found.objective()).isLessThanOrEqualTo(greedy.objective());
    }

    @ParameterizedTest
    @MethodSource("all")
    void anyNumberOfThreadsGivesTheSameBits(Factorizer factorizer) {
        // Products of this size are cut into several chunks.
        Factorizer.Problem problem = Planted.of(300, 260, 24, 0.05, 5).problem();
        problem = new Factorizer.Problem(problem.matrix(), 300, 260, 24, 3, 0.01, false, 0, 0);
        Factorization one = null;
        for (int threads = 1; threads <= 3; threads++) {
            try (Kernels kernels = new CpuBackend(new ThreadPool(threads)).open()) {
                Factorization f = factorizer.factorize(problem, kernels, Factorizer.Progress.NONE);
                one = one == null ? f : one;
                assertThat(f.u()).as("U, %d threads", threads).isEqualTo(one.u());
                assertThat(f.v()).as("V, %d threads", threads).isEqualTo(one.v());
                assertThat(f.s()).as("S, %d threads", threads).isEqualTo(one.s());
                assertThat(f.objective()).isEqualTo(one.objective());
            }
        }
    }

    @Test
    void aFailedLayerNamesItself() {
        Factorizer failing = new Factorizer() {
            @Override
            public String name() {
                return "failing";
            }

            @Override
            public Factorization factorize(Problem problem, Kernels kernels, Progress progress) {
                if (problem.rank() == 2) {
                    throw new IllegalStateException("no good");
                }
                return new SvdFactorizer().factorize(problem, kernels, progress);
            }
        };
        Planted planted = Planted.of(20, 20, 3, 0.05, 5);
        List<Decomposer.Job> jobs = List.of(
                new Decomposer.Job("first", planted.problem()),
                new Decomposer.Job("second", planted.problem().withRank(2)));
        assertThatThrownBy(() -> new Decomposer(failing, Backends.get(), ConversionProgress.NONE, jobs).run())
                .isInstanceOf(FailureException.class)
                .hasMessage("layer second: java.lang.IllegalStateException: no good");
    }

    @ParameterizedTest
    @MethodSource("all")
    void partsAddUpAndFIsWhatTheJavadocSays(Factorizer factorizer) {
        Factorizer.Problem problem = Planted.of(40, 30, 4, 0.1, 7).problem();
        Factorization f = run(factorizer, problem);
        float[] uv = product(f);
        double objective = 0;
        for (int i = 0; i < uv.length; i++) {
            double e = problem.matrix()[i] - uv[i];
            objective += Math.min(e * e, problem.lambda() * problem.lambda());
            assertThat(uv[i] + f.s()[i] + f.noise()[i]).isCloseTo(problem.matrix()[i], within(1e-5f));
            assertThat(f.mask()[i] == 1).isEqualTo(f.s()[i] == 0);
            assertThat(Math.abs(f.noise()[i])).isLessThan((float) problem.lambda());
        }
        assertThat(f.objective()).isCloseTo(objective, within(1e-5 * objective));
    }

    @ParameterizedTest
    @MethodSource("all")
    void noSparseComesNearToTheBestOfItsRank(Factorizer factorizer) {
        Factorizer.Problem p = Planted.of(40, 30, 4, 0.1, 7).problem();
        Factorizer.Problem dense = new Factorizer.Problem(p.matrix(), 40, 30, 4, 50, p.lambda(), true, 0, 0, null);
        Factorization f = run(factorizer, dense);
        assertThat(f.entries()).isZero();
        assertThat(f.residual()).isCloseTo(run(new SvdFactorizer(), dense).residual(), within(1e-3));
    }

    @ParameterizedTest
    @MethodSource("all")
    void sameProblemSameBits(Factorizer factorizer) {
        Factorizer.Problem problem = Planted.of(40, 30, 4, 0.1, 8).problem();
        Factorization a = run(factorizer, problem);
        Factorization b = run(factorizer, problem);
        assertThat(a.u()).isEqualTo(b.u());
        assertThat(a.v()).isEqualTo(b.v());
    }

    @ParameterizedTest
    @MethodSource("all")
    void zerosAndFullRankAreExact(Factorizer factorizer) {
        assertThat(run(factorizer, problem(new float[20], 4, 5, 2, 0.01)).objective())
                .isZero();
        boolean greedy = factorizer instanceof GreedyFactorizer;
        float[] w = Planted.gaussian(30, 3);
        // The greedy loop may stay in a local minimum even there.
        assertThat(run(factorizer, problem(w, 6, 5, 5, 0.01)).objective()).isLessThan(greedy ? 30 * 1e-4 : 1e-9);
    }

    @Test
    void aSmallerToleranceGoesOnForLongerAndNeverEndsHigher() {
        Factorizer.Problem problem = noisy();
        int[] calls = new int[2];
        double[] objectives = new double[2];
        try (Kernels kernels = Backends.named("cpu").open()) {
            for (int i = 0; i < 2; i++) {
                int at = i;
                objectives[i] = new AcceleratedFactorizer(i == 0 ? 0.2 : 0.002)
                        .factorize(problem, kernels, fraction -> calls[at]++)
                        .objective();
            }
        }
        assertThat(calls[1]).isGreaterThan(2 * calls[0]);
        assertThat(objectives[1]).isLessThan(objectives[0]);
    }

    @Test
    void progressOnlyGrowsAndEndsAtOne() {
        all().forEach(factorizer -> {
            double[] last = {0};
            try (Kernels kernels = Backends.named("cpu").open()) {
                factorizer.factorize(noisy(), kernels, fraction -> {
                    assertThat(fraction).isBetween(last[0], 1.0 + 1e-12);
                    last[0] = fraction;
                });
            }
            assertThat(last[0]).as(factorizer.name()).isCloseTo(1, within(1e-9));
        });
    }

    @Test
    void namesAndTolerancesAreChecked() {
        assertThatThrownBy(() -> LowRankConfig.of(TuneMode.TUNE_ALL).method("pca"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("pca is unknown; there are [greedy, accelerated, svd]");
        assertThat(LowRankConfig.of(TuneMode.TUNE_ALL).method()).isEqualTo("greedy");
        assertThatThrownBy(() -> new AcceleratedFactorizer(0)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> problem(new float[] {1, Float.NaN}, 1, 2, 1, 0.01))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("element 1 is NaN");
    }

    @ParameterizedTest
    @ValueSource(floats = {1e-40f, 1e-39f, 1e-30f, 1e25f})
    void weightsFarFromOneGiveWhatTheirMultiplesDo(float scale) {
        all().forEach(factorizer -> {
            for (double lambda : new double[] {0, 0.3 * scale, 0.01}) {
                float[] w = scaled(Planted.gaussian(16 * 36, 5), scale);
                Factorization f = run(factorizer, problem(w, 16, 36, 4, lambda));
                assertThat(f.residual()).as(factorizer.name()).isBetween(0.6, 0.95);
                for (float[] values : List.of(f.u(), f.v(), f.s(), f.noise())) {
                    for (float value : values) {
                        assertThat(Float.isFinite(value)).isTrue();
                    }
                }
            }
        });
    }

    @Test
    void scalingChangesNoDigit() {
        all().forEach(factorizer -> {
            Factorizer.Problem near = Planted.of(40, 30, 4, 0.1, 9).problem();
            Factorization expected = run(factorizer, near.with(scaled(near.matrix(), 0x1p3f), near.lambda() * 8));
            Factorization found = run(factorizer, near.with(scaled(near.matrix(), 0x1p-60f), near.lambda() * 0x1p-60));
            assertThat(found.u()).isEqualTo(expected.u());
            assertThat(scaled(found.v(), 0x1p63f)).isEqualTo(expected.v());
            assertThat(scaled(found.s(), 0x1p63f)).isEqualTo(expected.s());
            assertThat(found.residual()).isEqualTo(expected.residual());
        });
    }

    private static float[] scaled(float[] values, float factor) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = values[i] * factor;
        }
        return out;
    }

    @Test
    void columnsFarBelowTheOthersStayFinite() {
        for (float least : new float[] {1e-39f, 1e-41f, 1e-45f}) {
            all().forEach(factorizer -> {
                Factorization f = run(factorizer, problem(new float[] {1, 0, 0, least}, 2, 2, 2, 0));
                assertThat(f.residual()).as(factorizer.name()).isLessThan(1e-6);
            });
        }
    }

    @Test
    void whatBecomesInfiniteFailsNamingTheLayer() {
        float[] w = new float[36];
        Arrays.fill(w, Float.MAX_VALUE);
        List<Decomposer.Job> jobs = List.of(new Decomposer.Job("huge", problem(w, 6, 6, 1, 0.01)));
        all().forEach(factorizer -> assertThatThrownBy(
                        () -> new Decomposer(factorizer, Backends.get(), ConversionProgress.NONE, jobs).run())
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("layer huge: decomposition: element 0 of V became "));
    }

    /** Gaussian values about as large as lambda: no structure to find, many local minima. */
    private static Factorizer.Problem noisy() {
        float[] w = Planted.gaussian(48 * 64, 4);
        for (int i = 0; i < w.length; i++) {
            w[i] *= 0.02f;
        }
        return problem(w, 48, 64, 8, 0.01);
    }

    /** In parallel a large layer that begins last would be waited for. */
    @Test
    void theCostliestLayerBegins() {
        List<Decomposer.Job> jobs = Stream.of(2, 8, 4)
                .map(rank -> new Decomposer.Job("rank " + rank, problem(new float[256], 16, 16, rank, 0.01)))
                .toList();
        assertThat(Decomposer.costliestFirst(jobs))
                .extracting(Decomposer.Job::layer)
                .containsExactly("rank 8", "rank 4", "rank 2");
    }

    private static Factorizer.Problem problem(float[] matrix, int rows, int columns, int rank, double lambda) {
        return new Factorizer.Problem(matrix, rows, columns, rank, 50, lambda, false, 0, 0, null);
    }

    private static Factorization run(Factorizer factorizer, Factorizer.Problem problem) {
        try (Kernels kernels = Backends.named("cpu").open()) {
            return factorizer.factorize(problem, kernels, Factorizer.Progress.NONE);
        }
    }

    private static float[] product(Factorization f) {
        float[] uv = new float[f.rows() * f.columns()];
        for (int i = 0; i < f.rows(); i++) {
            for (int j = 0; j < f.columns(); j++) {
                double sum = 0;
                for (int t = 0; t < f.rank(); t++) {
                    sum += f.u()[i * f.rank() + t] * f.v()[t * f.columns() + j];
                }
                uv[i * f.columns() + j] = (float) sum;
            }
        }
        return uv;
    }

    /** A matrix of known rank with outliers and a little noise. */
    private record Planted(Factorizer.Problem problem, float[] low, int outliers) {
        static Planted of(int rows, int columns, int rank, double density, long seed) {
            float[] u = gaussian(rows * rank, 10 * seed);
            float[] v = gaussian(rank * columns, 10 * seed + 1);
            float[] noise = gaussian(rows * columns, 10 * seed + 2);
            Philox random = new Philox(seed, 3);
            float[] low = new float[rows * columns];
            float[] w = new float[rows * columns];
            int outliers = 0;
            for (int i = 0; i < w.length; i++) {
                for (int t = 0; t < rank; t++) {
                    low[i] += 0.05f * u[i / columns * rank + t] * v[t * columns + i % columns];
                }
                w[i] = low[i] + 1e-4f * noise[i];
                if (random.nextDouble() < density) {
                    w[i] += random.nextDouble() < 0.5 ? 0.5f : -0.5f;
                    outliers++;
                }
            }
            return new Planted(
                    new Factorizer.Problem(w, rows, columns, rank, 50, 0.01, false, 0, 0, null), low, outliers);
        }

        static float[] gaussian(int count, long stream) {
            Philox random = new Philox(11, stream);
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) random.nextGaussian();
            }
            return values;
        }
    }
}
