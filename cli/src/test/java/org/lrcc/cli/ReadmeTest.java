package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds what the README shows against what is. */
class ReadmeTest {
    private static final Path ROOT = Path.of(System.getProperty("lrcc.root", ".."));

    @TempDir
    private Path dir;

    private static String readme() throws IOException {
        return Files.readString(ROOT.resolve("README.md"));
    }

    @Test
    void theNewcomersProgramIsTheOneThatIsCompiledHere() throws IOException {
        Matcher block = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL).matcher(readme());
        assertThat(block.find()).isTrue();
        String source = Files.readString(ROOT.resolve("cli/src/test/java/org/lrcc/cli/Newcomer.java"));
        String program = source.substring(source.indexOf("import "));
        // The formatter breaks lines otherwise than a page does: blanks do not count.
        assertThat(block.group(1)).isEqualToIgnoringWhitespace(program);
        assertThat(block.group(1).lines().filter(line -> !line.startsWith("import") && !line.isBlank()))
                .hasSizeLessThanOrEqualTo(15);
    }

    @Test
    void theNewcomersProgramRuns() throws IOException {
        Demo.smallFolder(dir.resolve("photos/train"), 4);
        Demo.smallFolder(dir.resolve("photos/test"), 8);
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            Newcomer.main(Demo.MODEL.toString(), dir.resolve("photos").toString(), dir.toString());
        } finally {
            System.setOut(before);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8)).matches("top-1: \\d+\\.\\d %\\s+");
        assertThat(dir.resolve("adapter.safetensors")).exists();
        assertThat(Run.of("evaluate", dir.resolve("merged.onnx"), "--test", dir.resolve("photos/test"))
                        .out())
                .contains("24 images: top-1");
    }

    @Test
    void everyCommandIsInTheTable() throws IOException {
        for (String name : Main.commands(
                        new Console(new java.io.PrintWriter(System.out), new java.io.PrintWriter(System.out)))
                .getSubcommands()
                .keySet()) {
            assertThat(readme()).contains("`lrcc " + name);
        }
    }
}
