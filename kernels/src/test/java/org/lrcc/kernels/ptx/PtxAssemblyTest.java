package org.lrcc.kernels.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * NVIDIA's own assembler takes every shipped kernel for every supported generation, and none needs more registers than there are. Needs no GPU but a
 * native library, which only {@code -Ppeers} fetches. What each kernel takes is written to {@code target/ptx-registers.txt}.
 */
class PtxAssemblyTest {
    private static final List<String> GENERATIONS = List.of("sm_60", "sm_70", "sm_80", "sm_86", "sm_90");
    private static final Path REPORT = Path.of("target/ptx-registers.txt");
    private static final Pattern ENTRY = Pattern.compile("Compiling entry function '(\\w+)'");
    private static final Pattern SPILLS = Pattern.compile("(\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");

    private record Use(String kernel, int registers, int spilledBytes) {}

    @BeforeAll
    static void start() throws IOException {
        boolean loads;
        try {
            loads = JNvPTXCompiler.nvPTXCompilerGetVersion(new int[1], new int[1]) == 0;
        } catch (LinkageError e) {
            loads = false;
        }
        assumeTrue(
                loads, "the PTX assembler's native library is not on the class path (-Ppeers) or does not load here");
        Files.createDirectories(REPORT.getParent());
        Files.writeString(REPORT, "");
    }

    static Stream<Arguments> files() throws IOException {
        List<String> names = PtxSourcesTest.names();
        return GENERATIONS.stream().flatMap(sm -> names.stream().map(name -> Arguments.of(name, sm)));
    }

    @ParameterizedTest(name = "{0} for {1}")
    @MethodSource("files")
    void assemblesWithoutSpills(String name, String generation) throws IOException {
        String ptx = Ptx.read(name);
        List<Use> uses = uses(assemble(ptx, generation));
        assertThat(uses.stream().map(Use::kernel))
                .containsExactlyInAnyOrderElementsOf(new Interpreter().load(ptx).keySet());
        StringBuilder report = new StringBuilder();
        for (Use use : uses) {
            report.append("%s %-24s %3d registers, %d bytes spilled%n"
                    .formatted(generation, use.kernel(), use.registers(), use.spilledBytes()));
        }
        Files.writeString(REPORT, Files.readString(REPORT) + report);
        assertThat(uses).allSatisfy(use -> {
            assertThat(use.spilledBytes()).as(use.toString()).isZero();
            assertThat(use.registers()).as(use.toString()).isBetween(1, 255);
        });
    }

    @Test
    void whatIsNoPtxIsRefused() throws IOException {
        String damaged = Ptx.read("pool").replaceFirst("add\\.f32", "add.q32");
        assertThat(assemble(damaged, "sm_80")).contains("q32", "error");
    }

    /** The assembler's report, or its complaint. */
    private static String assemble(String ptx, String generation) {
        byte[] text = ptx.getBytes(StandardCharsets.UTF_8);
        nvPTXCompilerHandle handle = new nvPTXCompilerHandle();
        check(JNvPTXCompiler.nvPTXCompilerCreate(handle, text.length + 1, Arrays.copyOf(text, text.length + 1)));
        try {
            String[] options = {"--gpu-name=" + generation, "--verbose"};
            boolean good = JNvPTXCompiler.nvPTXCompilerCompile(handle, options.length, options) == 0;
            long[] size = new long[1];
            if (good) {
                check(JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(handle, size));
            } else {
                check(JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(handle, size));
            }
            byte[] log = new byte[Math.toIntExact(size[0]) + 1];
            check(
                    good
                            ? JNvPTXCompiler.nvPTXCompilerGetInfoLog(handle, log)
                            : JNvPTXCompiler.nvPTXCompilerGetErrorLog(handle, log));
            return new String(log, StandardCharsets.UTF_8).trim();
        } finally {
            check(JNvPTXCompiler.nvPTXCompilerDestroy(handle));
        }
    }

    private static void check(int result) {
        assertThat(result).as("result of the PTX assembler").isZero();
    }

    private static List<Use> uses(String log) {
        List<Use> uses = new ArrayList<>();
        String kernel = "";
        int spilled = 0;
        for (String line : log.split("\n")) {
            Matcher entry = ENTRY.matcher(line);
            Matcher spills = SPILLS.matcher(line);
            Matcher registers = REGISTERS.matcher(line);
            if (entry.find()) {
                kernel = entry.group(1);
            } else if (spills.find()) {
                spilled = Integer.parseInt(spills.group(1)) + Integer.parseInt(spills.group(2));
            } else if (registers.find()) {
                uses.add(new Use(kernel, Integer.parseInt(registers.group(1)), spilled));
            }
        }
        assertThat(uses).as("report of the assembler: %s", log).isNotEmpty();
        return uses;
    }
}
