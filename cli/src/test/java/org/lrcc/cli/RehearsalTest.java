package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RehearsalTest {
    @TempDir
    Path folder;

    @Test
    void predictsAndTrains() throws Exception {
        assertThat(Rehearsal.rehearse(folder)).isZero();
        assertThat(Files.size(folder.resolve("run/adapter.safetensors"))).isPositive();
        assertThat(folder.resolve("run/report.html")).isRegularFile();
    }
}
