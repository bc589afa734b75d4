package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lrcc.engine.DeviceMemoryException;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.kernels.cuda.CudaBackend;
import org.lrcc.kernels.cuda.CudaKernels;
import org.lrcc.kernels.ptx.InterpreterDriver;
import org.lrcc.nn.network.Model;

/** A small network is decomposed wholly on the CUDA backend, on the interpreter, and comes out as on the processor. */
class DeviceDecompositionTest {
    /** Of tensors, relative to their largest element; rounding differs, and grows from iteration to iteration. */
    private static final double CLOSE = 2e-3;

    static Stream<LowRankConfig> configs() {
        LowRankConfig all =
                LowRankConfig.of(TuneMode.TUNE_ALL).lambda(0.1).steps(6).rankRatio(0.25);
        return Stream.of(
                all.method("greedy"),
                all.method("greedy").noSparse(true).keepNoise(true),
                all.method("accelerated"),
                all.method("svd").balance(Balance.EVEN),
                all.method("svd").density(new Density(0.1, true)),
                all.method("accelerated").density(new Density(0.05, false)),
                all.method("svd").rank(RankGoal.residual(0.6)),
                all.method("svd").noSparse(true).rank(RankGoal.energy(0.8)),
                all.method("svd").rank(RankGoal.params(2000)),
                all.method("greedy").keepNoise(true).reassignSparsity(0.9),
                LowRankConfig.of(TuneMode.LORA).init(Init.PISSA).rankRatio(0.25),
                LowRankConfig.of(TuneMode.LORA).init(Init.OLORA).rankRatio(0.25));
    }

    @Test
    void magnitudesThatDoNotFitLeaveNothingAndNoOpenScope() {
        InterpreterDriver driver = new InterpreterDriver(1 << 16, true);
        try (CudaKernels kernels = (CudaKernels) new CudaBackend(driver).open()) {
            List<float[]> values = List.of(new float[64], new float[1 << 16]);
            try (Scope outer = Scope.open()) {
                assertThatThrownBy(() -> new Magnitudes(kernels, values)).isInstanceOf(DeviceMemoryException.class);
                assertThat(kernels.livePieces()).isZero();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void asOnTheProcessor(LowRankConfig config) {
        InterpreterDriver driver = new InterpreterDriver();
        Model base = Nets.model();
        Conversion got = new Converter(base, config).on(new CudaBackend(driver)).run(ConversionProgress.NONE);
        Conversion want = new Converter(base, config).on(Backends.named("cpu")).run(ConversionProgress.NONE);
        assertThat(driver.calls("geqrf") + driver.calls("gesvdj")).isPositive();
        assertThat(driver.calls("gemm")).isPositive();
        assertThat(driver.live()).startsWith("0 allocations, 0 pinned buffers, 0 streams, 0 events");
        for (int i = 0; i < want.report().layers().size(); i++) {
            ConversionReport.Layer wanted = want.report().layers().get(i);
            ConversionReport.Layer found = got.report().layers().get(i);
            assertThat(found.rank()).as(wanted.name()).isEqualTo(wanted.rank());
            if (wanted.residual() == null) {
                assertThat(found.residual()).isNull();
            } else {
                assertThat(found.residual()).as(wanted.name()).isCloseTo(wanted.residual(), within(1e-4));
            }
        }
        Model merged = LowRank.merge(got.model());
        Model expected = LowRank.merge(want.model());
        for (String name : expected.state().names()) {
            assertClose(
                    name,
                    merged.state().get(name).toFloats(),
                    expected.state().get(name).toFloats());
        }
        for (String name : want.model().state().names()) {
            if (want.model().state().get(name).dtype() == DType.U8) {
                assertMasksEqual(name, got.model(), want.model());
            }
        }
    }

    private static void assertClose(String name, float[] got, float[] want) {
        double most = 0;
        for (float value : want) {
            most = Math.max(most, Math.abs(value));
        }
        for (int i = 0; i < want.length; i++) {
            assertThat((double) got[i]).as("%s, element %d", name, i).isCloseTo(want[i], within(CLOSE * most));
        }
    }

    /** An element beside the threshold may fall to either side. */
    private static void assertMasksEqual(String name, Model got, Model want) {
        byte[] found = got.state().get(name).toBytes();
        byte[] expected = want.state().get(name).toBytes();
        int other = 0;
        for (int i = 0; i < found.length; i++) {
            other += found[i] == expected[i] ? 0 : 1;
        }
        assertThat(other).as("of %d elements of %s", found.length, name).isLessThanOrEqualTo(found.length / 200);
    }

    @Test
    void whatCusolverReportsNamesTheLayer() {
        InterpreterDriver driver = new InterpreterDriver();
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_ALL)
                .method("svd")
                .rankRatio(0.25)
                .convert("layer2.conv2");
        driver.report("gesvdj", 13);
        Converter converter = new Converter(Nets.model(), config).on(new CudaBackend(driver));
        assertThatThrownBy(() -> converter.run(ConversionProgress.NONE))
                .isInstanceOf(FailureException.class)
                .hasMessageMatching(
                        "layer layer2.conv2: cusolver gesvdj of \\[\\d+,\\d+]: it does not converge \\(info 13\\)");
        assertThat(driver.live()).startsWith("0 allocations");
    }
}
