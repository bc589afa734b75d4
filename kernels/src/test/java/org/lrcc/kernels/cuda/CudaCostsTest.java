package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lrcc.engine.op.Factors;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.LowRankPlan.Way;
import org.lrcc.engine.op.LowRankWork;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.kernels.ptx.InterpreterDriver;

/** What orders of multiplication the GPU's own costs lead to. */
class CudaCostsTest {
    private static final KernelCosts COSTS = new CudaBackend(new InterpreterDriver()).costs();

    private static LowRankWork work(int batch, int channels, int side, int rank, Factors factors, boolean rest) {
        return new LowRankWork(
                Shape.of(batch, channels, side, side),
                channels,
                3,
                rank,
                ConvGeometry.of(1, 1),
                factors,
                rest,
                true,
                true,
                true,
                false);
    }

    /** ResNet18's 3x3 layers of stride 1: channels and side. */
    private static final int[][] LAYERS = {{64, 56}, {128, 28}, {256, 14}, {512, 7}};

    @ParameterizedTest
    @EnumSource
    void smallRanksAreFactoredAndLargeOnesComposed(Factors factors) {
        for (int[] layer : LAYERS) {
            List<Way> ways = new ArrayList<>();
            for (int rank : new int[] {1, 4, 16, 64, 256, 512}) {
                ways.add(work(128, layer[0], layer[1], rank, factors, false)
                        .choose(COSTS)
                        .forward());
            }
            assertThat(ways.get(0)).as("rank 1 of %d channels", layer[0]).isEqualTo(Way.FACTORED);
            assertThat(ways.get(5)).as("rank 512 of %d channels", layer[0]).isEqualTo(Way.COMPOSED);
            // A larger rank never makes two small convolutions the better choice again.
            assertThat(ways).isSortedAccordingTo(Comparator.reverseOrder());
        }
    }

    @Test
    void oneImageOfFewChannelsIsComposedForItsLaunches() {
        LowRankPlan plan = work(1, 64, 56, 8, Factors.FLAT, false).choose(COSTS);
        assertThat(plan).isEqualTo(LowRankPlan.of(Way.COMPOSED));
    }

    @Test
    void aWeightBesideTheFactorsIsComposedWithThem() {
        for (int[] layer : LAYERS) {
            LowRankWork work = work(128, layer[0], layer[1], 8, Factors.FLAT, true);
            assertThat(work.choose(COSTS).forward()).isEqualTo(Way.COMPOSED);
        }
    }

    @Test
    void theCheapestPlanIsChosen() {
        for (int[] layer : LAYERS) {
            for (int rank : new int[] {2, 32, 200}) {
                LowRankWork work = work(32, layer[0], layer[1], rank, Factors.CHANNEL, false);
                double chosen = work.nanos(work.choose(COSTS), COSTS);
                for (LowRankPlan plan : LowRankPlan.all()) {
                    assertThat(chosen).isLessThanOrEqualTo(work.nanos(plan, COSTS));
                }
            }
        }
    }

    @Test
    void roundedProductsCostLessButNotWithinWinogradsTransforms() {
        for (int[] layer : LAYERS) {
            Shape x = Shape.of(128, layer[0], layer[1], layer[1]);
            ConvSizes sizes = ConvSizes.of(ConvGeometry.of(1, 1), x, Shape.of(layer[0], layer[0], 3, 3));
            for (ConvPass pass : ConvPass.values()) {
                assertThat(ConvCost.TF32.seconds(sizes, pass, ConvAlgorithm.GEMM))
                        .isLessThan(ConvCost.FP32.seconds(sizes, pass, ConvAlgorithm.GEMM));
                assertThat(ConvCost.TF32.seconds(sizes, pass, ConvAlgorithm.WINOGRAD))
                        .isEqualTo(ConvCost.FP32.seconds(sizes, pass, ConvAlgorithm.WINOGRAD));
            }
        }
    }

    @Test
    void aConvolutionCostsWhatItsCheapestAlgorithmDoes() {
        Shape x = Shape.of(8, 64, 28, 28);
        Shape w = Shape.of(64, 64, 3, 3);
        ConvSizes sizes = ConvSizes.of(ConvGeometry.of(1, 1), x, w);
        for (ConvPass pass : ConvPass.values()) {
            double least = Math.min(
                    ConvCost.FP32.seconds(sizes, pass, ConvAlgorithm.GEMM),
                    ConvCost.FP32.seconds(sizes, pass, ConvAlgorithm.WINOGRAD));
            assertThat(COSTS.conv2d(pass, x, w, ConvGeometry.of(1, 1))).isEqualTo(least * 1e9);
        }
        assertThat(COSTS.move(0)).isZero();
        assertThat(COSTS.gemm(512, 512, 512)).isGreaterThan(COSTS.gemm(64, 64, 64));
    }
}
