package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.simd.PreferredWidth;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** What a JVM does with the flags it is started with: each case has a process of its own. */
class CpuFlagsTest {
    private static final String[] VECTORS = {"--add-modules", "jdk.incubator.vector"};

    @TempDir
    private Path folder;

    @Test
    void withoutTheIncubatorModuleOneWarningNamesTheFlag() throws Exception {
        String text = run();
        assertThat(text).contains("answer plain loops and EJML").contains("sum 18.0");
        assertThat(text.lines().filter(line -> line.contains(" WARN ")))
                .singleElement()
                .asString()
                .contains("--add-modules jdk.incubator.vector");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1"})
    void withoutTheOptimizingCompilerPlainLoopsRun(String flag) throws Exception {
        String text = run(VECTORS[0], VECTORS[1], flag);
        assertThat(text).contains("answer plain loops and EJML").contains("sum 18.0");
        assertThat(text.lines().filter(line -> line.contains(" WARN ")))
                .singleElement()
                .asString()
                .contains(flag.replaceAll("=.*", ""));
    }

    @ParameterizedTest
    @CsvSource({"128,'Vector API, 128 bits'", "256,'Vector API, 256 bits'", "scalar,plain loops and EJML"})
    void theWidthCanBeForced(String width, String description) throws Exception {
        String text = run(VECTORS[0], VECTORS[1], "-Dlrcc.cpu.vector=" + width);
        assertThat(text).contains("answer " + description).contains("sum 18.0");
        boolean emulated = !width.equals("scalar") && Integer.parseInt(width) > PreferredWidth.bits();
        assertThat(text.contains(" WARN ")).as(text).isEqualTo(emulated);
    }

    @ParameterizedTest
    @CsvSource({"-Dany=1,plain loops", "-Dlrcc.cpu.vector=128,'Vector API, 128'", "-Dlrcc.cpu.conv=direct,Vector API"})
    void shortRunsTakePlainLoopsUnlessAFlagAsksForOthers(String flag, String description) throws Exception {
        String text = run(VECTORS[0], VECTORS[1], flag);
        assertThat(text).contains("short " + description).contains("long Vector API");
    }

    @Test
    void vectorsThatThereAreNoLoopsForAreLeftAsideWithOneWarning() throws Exception {
        String text = run(VECTORS[0], VECTORS[1], "-XX:MaxVectorSize=8");
        assertThat(text).contains("answer plain loops and EJML").contains("sum 18.0");
        assertThat(text.lines().filter(line -> line.contains(" WARN ")))
                .singleElement()
                .asString()
                .contains("prefers vectors of 64 bits", "leave out -XX:MaxVectorSize");
    }

    /** Widths other than 64 bits are those of ARM's scalable vectors, which no flag brings about here. */
    @ParameterizedTest
    @CsvSource({"64,-XX:MaxVectorSize", "192,=128", "384,=256", "1024,=512", "2048,=512"})
    void aWidthWithoutLoopsIsNamedWithTheCure(int bits, String cure) {
        assertThat(Instructions.withoutLoops(bits))
                .contains("vectors of " + bits + " bits")
                .endsWith(cure);
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void thereAreLoopsForEveryWidthThatCanBeForced(int bits) {
        assertThat(Instructions.withoutLoops(bits)).isNull();
    }

    @Test
    void aForcedWidthThatTheJvmEmulatesIsWarnedOf() throws Exception {
        String text = run(VECTORS[0], VECTORS[1], "-XX:MaxVectorSize=16", "-Dlrcc.cpu.vector=256");
        assertThat(text).contains("answer Vector API, 256 bits").contains("sum 18.0");
        assertThat(text.lines().filter(line -> line.contains(" WARN ")))
                .singleElement()
                .asString()
                .contains("-Dlrcc.cpu.vector=256 is wider than the 128 bits");
    }

    /** Twice: an exception out of a static initializer would be an error, and another one at the second time. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-Dlrcc.cpu.vector=96|-Dlrcc.cpu.vector: expected 128, 256, 512 or scalar, got 96",
                "-Dlrcc.threads=two|-Dlrcc.threads: expected a number from 1 to 1024, got two",
                "-Dlrcc.threads=0|-Dlrcc.threads: expected a number from 1 to 1024, got 0",
                "-Dlrcc.cpu.conv=fft|-Dlrcc.cpu.conv: expected direct, winograd or auto, got fft",
                "-Dlrcc.backend=tpu|backend tpu is unknown"
            })
    void aFlagThatCannotBeFollowedIsRefusedEachTime(String flag, String message) throws Exception {
        String text = run(VECTORS[0], VECTORS[1], flag);
        assertThat(text.lines().filter(line -> line.startsWith("refused " + message)))
                .as(text)
                .hasSize(2);
    }

    private String run(String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.add("-cp");
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(CpuFlagsTest.class.getName());
        Path out = folder.resolve("out.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        process.destroyForcibly();
        String text = Files.readString(out);
        assertThat(ended && process.exitValue() == 0).as(text).isTrue();
        return text;
    }

    /** What the process runs: a convolution of ones, on the chosen backend. */
    public static void main(String[] args) {
        for (int i = 0; i < 2; i++) {
            try (Kernels k = Backends.get().open()) {
                Tensor x = ones(k, 1, 2, 3, 3);
                Tensor y = k.allocate(DType.F32, Shape.of(1, 1, 1, 1));
                k.conv2d(x, ones(k, 1, 2, 3, 3), null, null, Activation.NONE, ConvGeometry.of(1, 0), y);
                System.out.println("answer " + Backends.get().description());
                System.out.println("sum " + y.item());
                System.out.println("short "
                        + Backends.get().forShortRun(CpuBackend.SHORT_RUN).description());
                System.out.println("long "
                        + Backends.get().forShortRun(CpuBackend.SHORT_RUN + 1).description());
            } catch (InputException e) {
                System.out.println("refused " + e.getMessage());
            }
        }
    }

    private static Tensor ones(Kernels k, int... sizes) {
        Tensor tensor = k.allocate(DType.F32, Shape.of(sizes));
        k.fill(tensor, 1);
        return tensor;
    }
}
