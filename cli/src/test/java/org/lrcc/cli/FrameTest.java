package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import picocli.CommandLine;

/** Exit codes, help, version, completion: what holds for every command. */
class FrameTest {
    @Test
    void tellsItsVersionAndJava() {
        Run run = Run.of("--version");
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("lrcc ").contains(System.getProperty("java.version"));
    }

    @Test
    void helpOfTheRootNamesEveryCommand() {
        Run run = Run.of("--help");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains(names());
        assertThat(run.out())
                .contains("lrcc demo", "Exit codes: 0 done, 1 failed while working, 2 wrong usage or bad input.");
    }

    @ParameterizedTest
    @MethodSource("names")
    void helpOfEachCommandHasAnExample(String name) {
        Run run = Run.of(name, "--help");
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        String examples = run.out().substring(run.out().indexOf("Examples:"));
        assertThat(examples).contains("lrcc " + name);
    }

    @Test
    void noCommandIsWrongUsage() {
        Run run = Run.of();
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.err()).startsWith("lrcc: no command given; there are ").contains("doctor");
    }

    @Test
    void anUnknownCommandIsNamed() {
        Run run = Run.of("frobnicate");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.err()).contains("'frobnicate'");
    }

    @Test
    void anUnknownOptionIsNamedWithItsCommand() {
        Run run = Run.of("doctor", "--rnak", "3");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.err()).startsWith("lrcc doctor: unknown option").contains("--rnak", "lrcc doctor --help");
    }

    @Test
    void completionIsAScriptThatKnowsTheOptions() {
        Run run = Run.of("completion");
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("#!/usr/bin/env bash").contains("doctor", "--json", "complete -F");
    }

    @Test
    void doctorNamesEveryBackendAndTheCureOfTheUnusable() {
        Run run = Run.of("doctor");
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("java", "heap limit", "jdk.incubator.vector", "backend cpu", "agrees with the reference")
                .doesNotContain("DIFFERS");
    }

    @Test
    void doctorAnswersAsJson() throws IOException {
        Run run = Run.of("doctor", "--json");
        JsonNode answer = new ObjectMapper().readTree(run.out());
        assertThat(answer.get("java").asText()).contains(System.getProperty("java.version"));
        assertThat(answer.get("backends").isArray()).isTrue();
        for (JsonNode backend : answer.get("backends")) {
            assertThat(backend.get("usable").asBoolean() || backend.has("fix")).isTrue();
        }
    }

    @Test
    void errorsAreOneLineAndTellTheirKind() {
        assertReport(new InputException("rank: 0 is below 1"), 2, "lrcc x: rank: 0 is below 1");
        assertReport(
                new FailureException("loss is NaN at step 3\nlayer fc"), 1, "lrcc x: loss is NaN at step 3; layer fc");
        assertReport(
                new java.nio.file.NoSuchFileException("a.onnx"), 2, "lrcc x: a.onnx: there is no such file or folder");
        assertReport(new IOException("disk full"), 1, "lrcc x: reading or writing failed: disk full");
        assertReport(
                new IllegalStateException("boo"),
                1,
                "lrcc x: internal error: java.lang.IllegalStateException: boo; this is a bug in"
                        + " lrcc, please report it with the output of --stacktrace");
    }

    @Test
    void aStackTraceComesOnlyWhenAskedFor() {
        StringWriter text = new StringWriter();
        int code = Errors.report(new InputException("no"), "lrcc x", true, new PrintWriter(text, true));
        assertThat(code).isEqualTo(2);
        assertThat(text.toString()).contains("at org.lrcc.cli.FrameTest");
    }

    private static void assertReport(Throwable e, int code, String line) {
        StringWriter text = new StringWriter();
        assertThat(Errors.report(e, "lrcc x", false, new PrintWriter(text, true)))
                .isEqualTo(code);
        assertThat(text.toString().lines()).containsExactly(line);
    }

    @Test
    void aCommandLineReadsTheOptionsOfItsCommandOnly() {
        Lrcc.COMMANDS.forEach((name, command) -> assertThat(
                        command.getAnnotation(CommandLine.Command.class).name())
                .isEqualTo(name));
        assertThat(Lrcc.wanted("predict", "--help")).containsOnlyKeys("predict");
        assertThat(Lrcc.wanted("completion")).isEqualTo(Lrcc.COMMANDS);
        assertThat(Lrcc.wanted("--verbose", "predict")).isEqualTo(Lrcc.COMMANDS);
        assertThat(Lrcc.wanted("predikt")).isEqualTo(Lrcc.COMMANDS);
        assertThat(Lrcc.wanted()).isEqualTo(Lrcc.COMMANDS);
    }

    private static List<String> names() {
        CommandLine root =
                Main.commands(new Console(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter())));
        return new ArrayList<>(root.getSubcommands().keySet());
    }
}
