package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;

/** How many decompositions the search for a residual takes. */
class RankChooserTest {
    private static final int SIZE = 96;

    /** Needs {@code times} the rank of the truncated SVD for its residual; remembers the ranks that it was asked for. */
    private static final class Wasteful implements Factorizer {
        private final int times;
        private final List<Integer> asked = Collections.synchronizedList(new ArrayList<>());

        Wasteful(int times) {
            this.times = times;
        }

        @Override
        public String name() {
            return "wasteful";
        }

        @Override
        public Factorization factorize(Problem problem, Kernels kernels, Progress progress) {
            asked.add(problem.rank());
            int rank = problem.rank() == SIZE ? SIZE : Math.max(1, problem.rank() / times);
            return new SvdFactorizer().factorize(problem.withRank(rank), kernels, progress);
        }
    }

    private static Decomposer.Job job() {
        float[] matrix = Nets.values(SIZE * SIZE, 1, 1, 1);
        return new Decomposer.Job("a", new Factorizer.Problem(matrix, SIZE, SIZE, 1, 1, 10, false, 0, 0));
    }

    private static int rank(double target, Factorizer exact, Factorizer rough) {
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_U_S).method("accelerated");
        RankChooser chooser =
                new RankChooser(config, Backends.get(), List.of(job()), ConversionProgress.NONE, exact, rough);
        return chooser.ranks(RankGoal.residual(target)).get("a");
    }

    private static double residual(int rank, Factorizer factorizer) {
        try (Kernels kernels = Backends.get().open()) {
            return factorizer
                    .factorize(job().problem().withRank(rank), kernels, Factorizer.Progress.NONE)
                    .residual();
        }
    }

    @ParameterizedTest
    @CsvSource({"0.9,2", "0.6,2", "0.6,3", "0.3,3"})
    void wholeDecompositionsAreFewAndRoughOnesSome(double target, int times) {
        Wasteful exact = new Wasteful(times);
        Wasteful rough = new Wasteful(times);
        int rank = rank(target, exact, rough);
        assertThat(exact.asked).containsExactly(rank);
        assertThat(rough.asked).hasSizeLessThanOrEqualTo(9);
        int bound = rank(target, new SvdFactorizer(), new SvdFactorizer());
        assertThat(rough.asked).allMatch(asked -> asked >= bound);
        assertThat(residual(rank, exact)).isLessThanOrEqualTo(target);
        // No more above the lowest than the search's fineness.
        assertThat(residual(rank - Math.max(1, rank / 32), exact)).isGreaterThan(target);
    }

    @Test
    void aSearchThatWasTooRoughGoesOnWithWholeDecompositions() {
        Wasteful exact = new Wasteful(2);
        int rank = rank(0.6, exact, new SvdFactorizer());
        assertThat(residual(rank, exact)).isLessThanOrEqualTo(0.6);
        assertThat(residual(rank - rank / 4, exact)).isGreaterThan(0.6);
        assertThat(exact.asked).hasSizeLessThanOrEqualTo(7);
    }

    @Test
    void theTruncatedSvdsRankNeedsNoSearch() {
        Wasteful rough = new Wasteful(1);
        int rank = rank(0.6, new SvdFactorizer(), rough);
        assertThat(rough.asked).isEmpty();
        assertThat(residual(rank, new SvdFactorizer())).isLessThanOrEqualTo(0.6);
        assertThat(residual(rank - 1, new SvdFactorizer())).isGreaterThan(0.6);
    }
}
