package org.lrcc.kernels.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The shipped PTX belongs to the CUDA sources, and nothing is there without the other. */
class PtxSourcesTest {
    /** What all PTX may take, so that nobody ships a megabyte of unrolled loops by accident. */
    private static final int LARGEST = 1 << 20;

    private static final Path SOURCES = Path.of("src/main/cuda");
    private static final Path PTX = Path.of("src/main/resources/ptx");

    static List<String> names() throws IOException {
        return list(SOURCES, ".cu");
    }

    @ParameterizedTest
    @MethodSource("names")
    void ptxIsMadeFromItsSource(String name) throws IOException {
        List<String> ptx = Files.readAllLines(PTX.resolve(name + ".ptx"));
        assertThat(ptx.get(0)).isEqualTo("// source: " + name + ".cu");
        assertThat(ptx.get(1))
                .as("hash in %s.ptx: `make ptx` was forgotten", name)
                .isEqualTo("// sha256: " + hash(name));
        assertThat(ptx.subList(2, 5)).containsExactly(".version 8.0", ".target sm_60", ".address_size 64");
    }

    @Test
    void nothingIsLeftOver() throws IOException {
        assertThat(list(PTX, ".ptx")).isEqualTo(names()).isNotEmpty();
    }

    @Test
    void ptxStaysSmall() throws IOException {
        long bytes = 0;
        for (String name : names()) {
            bytes += Files.size(PTX.resolve(name + ".ptx"));
        }
        assertThat(bytes).isBetween(1L, (long) LARGEST);
    }

    private static List<String> list(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(ending))
                    .map(file -> file.substring(0, file.length() - ending.length()))
                    .sorted()
                    .toList();
        }
    }

    /** As in ptx.py: the source, then every header in the order of their names. */
    private static String hash(String name) throws IOException {
        MessageDigest sha;
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
        sha.update(read(SOURCES.resolve(name + ".cu")));
        for (String header : list(SOURCES, ".cuh")) {
            sha.update(read(SOURCES.resolve(header + ".cuh")));
        }
        return HexFormat.of().formatHex(sha.digest());
    }

    private static byte[] read(Path file) throws IOException {
        return Files.readString(file).replace("\r\n", "\n").getBytes(StandardCharsets.UTF_8);
    }
}
