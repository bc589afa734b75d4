package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandardErrorTest {
    private static final String OPENED = "--add-opens java.base/java.io=ALL-UNNAMED";

    /** Runs as a process of its own: two lines on stdout, one on stderr between them. */
    static final class Program {
        public static void main(String[] args) {
            StandardError.restore();
            System.out.println("first");
            System.err.println("second");
            System.out.println("third");
        }
    }

    @Test
    void writesToTheDescriptorThatTheLauncherHandsOver(@TempDir Path dir) throws Exception {
        assertThat(run(dir, OPENED + " -Dlrcc.stderr=3", "3>&2 2>/dev/null")).isEqualTo("first\nsecond\nthird\n");
    }

    @Test
    void keepsStderrWithoutTheProperty(@TempDir Path dir) throws Exception {
        assertThat(run(dir, OPENED, "3>&2 2>/dev/null")).isEqualTo("first\nthird\n");
        assertThat(run(dir, OPENED, "")).isEqualTo("first\nsecond\nthird\n");
    }

    @Test
    void keepsStderrWhereTheJvmIsClosed(@TempDir Path dir) throws Exception {
        assertThat(run(dir, "-Dlrcc.stderr=3", "3>&2")).isEqualTo("first\nsecond\nthird\n");
    }

    /** Both streams of the program go to one file, as in {@code lrcc ... > log 2>&1}. */
    private static String run(Path dir, String flags, String redirection) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "no /bin/sh here, so no launcher script either");
        Path log = dir.resolve("log");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String script = "exec '" + java + "' " + flags + " -cp 'target/classes:target/test-classes' '"
                + Program.class.getName() + "' " + redirection;
        Process process = new ProcessBuilder("/bin/sh", "-c", script)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        return Files.readString(log);
    }
}
