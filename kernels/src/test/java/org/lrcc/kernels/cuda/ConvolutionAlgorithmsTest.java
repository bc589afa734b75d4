package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.contract.OpCase;
import org.lrcc.engine.contract.OpCases;
import org.lrcc.engine.contract.OpRun;
import org.lrcc.engine.op.Conv2d;
import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.ptx.InterpreterDriver;

/** Every algorithm of a convolution gives what the reference gives, whole and in chunks; the cost model picks what one expects. */
class ConvolutionAlgorithmsTest {
    private static final String CONV = "lrcc.cuda.conv";
    private static final String WORKSPACE = "lrcc.cuda.workspace";
    /** So little that the larger rows are cut into chunks. */
    private static final String LITTLE = "60000";

    private static final Map<String, OpRun> EXPECTED = new HashMap<>();

    @AfterEach
    void restore() {
        System.clearProperty(CONV);
        System.clearProperty(WORKSPACE);
    }

    private static List<OpCase> rows(ConvAlgorithm algorithm) {
        return OpCases.all().stream()
                .filter(row -> row.op() instanceof Conv2d conv
                        && ConvCost.usable(
                                ConvSizes.of(
                                        conv.geometry(),
                                        row.inputs().get(0).shape(),
                                        row.inputs().get(1).shape()),
                                algorithm))
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void agreesWithTheReference(ConvAlgorithm algorithm) {
        System.setProperty(CONV, algorithm.name().toLowerCase(Locale.ROOT));
        System.setProperty(WORKSPACE, LITTLE);
        InterpreterDriver driver = new InterpreterDriver();
        Backend backend = new CudaBackend(driver);
        List<OpCase> rows = rows(algorithm);
        assertThat(rows).hasSizeGreaterThan(5);
        for (OpCase row : rows) {
            compare(
                    row,
                    run(backend, row, DType.F32),
                    EXPECTED.computeIfAbsent(row.name(), unused -> run(ReferenceBackend.INSTANCE, row, DType.F64)));
        }
        assertThat(driver.calls("gemmStridedBatched") > 0).isEqualTo(algorithm != ConvAlgorithm.DIRECT);
    }

    /** Each launch of each pass fails once. */
    @ParameterizedTest
    @EnumSource
    void launchesThatFailLeaveNoScratchSpace(ConvAlgorithm algorithm) {
        System.setProperty(CONV, algorithm.name().toLowerCase(Locale.ROOT));
        ConvGeometry geometry = ConvGeometry.of(1, 1);
        InterpreterDriver driver = new InterpreterDriver();
        try (CudaKernels k = (CudaKernels) new CudaBackend(driver).open();
                Scope scope = Scope.open()) {
            Tensor x = k.upload(Tensor.zeros(DType.F32, Shape.of(1, 2, 5, 5)));
            Tensor w = k.upload(Tensor.zeros(DType.F32, Shape.of(2, 2, 3, 3)));
            Tensor y = k.upload(Tensor.zeros(DType.F32, Shape.of(1, 2, 5, 5)));
            for (Runnable pass : List.<Runnable>of(
                    () -> k.conv2d(x, w, null, null, Activation.NONE, geometry, y),
                    () -> k.conv2dInputGrad(y, w, geometry, x),
                    () -> k.conv2dWeightGrad(x, y, geometry, w))) {
                int launched = driver.calls("launch");
                pass.run();
                launched = driver.calls("launch") - launched;
                int before = k.livePieces();
                for (int nth = 1; nth <= launched; nth++) {
                    driver.fail("launch", nth, GpuFault.Kind.OTHER);
                    assertThatThrownBy(pass::run).isInstanceOf(FailureException.class);
                    assertThat(k.livePieces()).isEqualTo(before);
                }
                assertThat(launched).isPositive();
            }
        }
    }

    private static OpRun run(Backend backend, OpCase row, DType real) {
        try (Kernels k = backend.open();
                Scope scope = Scope.open()) {
            return OpRun.of(k, row, real, row.tensors(k, real), i -> true);
        }
    }

    private static void compare(OpCase row, OpRun got, OpRun want) {
        // Winograd's transforms lose a digit that plain sums do not.
        double tolerance = 6 * row.tolerance();
        close(row.name(), got.out(), want.out(), tolerance);
        assertThat(got.gradients().keySet()).isEqualTo(want.gradients().keySet());
        got.gradients()
                .forEach((input, gradient) -> close(
                        row + ", gradient of input " + input,
                        gradient,
                        want.gradients().get(input),
                        tolerance));
    }

    private static void close(String what, double[] got, double[] want, double tolerance) {
        double largest = 1;
        for (double value : want) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(got).as(what).hasSameSizeAs(want);
        for (int i = 0; i < got.length; i++) {
            assertThat(got[i]).as("%s, element %d", what, i).isCloseTo(want[i], within(tolerance * largest));
        }
    }

    @Test
    void theCostModelPicksWhatOneExpects() {
        for (ConvPass pass : ConvPass.values()) {
            assertThat(choice(pass, 128, 64, 56, 64, 3, 1, 1))
                    .as("layer1, %s", pass)
                    .isEqualTo(ConvAlgorithm.WINOGRAD);
            assertThat(choice(pass, 128, 256, 14, 256, 3, 1, 1))
                    .as("layer3, %s", pass)
                    .isEqualTo(ConvAlgorithm.WINOGRAD);
            assertThat(choice(pass, 128, 3, 224, 64, 7, 2, 1))
                    .as("stem, %s", pass)
                    .isEqualTo(ConvAlgorithm.GEMM);
            assertThat(choice(pass, 128, 64, 56, 128, 1, 2, 1))
                    .as("downsample, %s", pass)
                    .isEqualTo(ConvAlgorithm.GEMM);
            assertThat(choice(pass, 32, 96, 56, 96, 3, 1, 96))
                    .as("depthwise, %s", pass)
                    .isEqualTo(ConvAlgorithm.DIRECT);
            assertThat(choice(pass, 32, 256, 28, 256, 3, 1, 2))
                    .as("two groups, %s", pass)
                    .isEqualTo(ConvAlgorithm.GEMM);
        }
    }

    private static ConvAlgorithm choice(
            ConvPass pass, int n, int c, int size, int m, int kernel, int stride, int groups) {
        ConvGeometry geometry = ConvGeometry.of(stride, kernel / 2, 1, groups);
        ConvSizes sizes = ConvSizes.of(geometry, Shape.of(n, c, size, size), Shape.of(m, c / groups, kernel, kernel));
        return ConvCost.FP32.choose(sizes, pass, null);
    }
}
