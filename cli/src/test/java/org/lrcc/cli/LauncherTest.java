package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the launcher script in a tree of its own, with a shell script in the place of Java that says what it was given. */
class LauncherTest {
    private static final String FAKE_JAVA = """
            #!/bin/sh
            echo "WARNING: Using incubator modules: jdk.incubator.vector" >&2
            echo "news of the JVM" >&2
            echo "news of the program" >&3
            for argument in "$@"; do echo "<$argument>"; done
            exit 7
            """;

    /** Made by Maven in the real tree; here it only says that it was called, and makes a jar. */
    private static final String FAKE_MAVEN = """
            #!/bin/sh
            echo "maven $*"
            mkdir -p cli/target
            echo new > cli/target/lrcc.jar
            """;

    @TempDir
    Path dir;

    private Path root;
    private Path jar;

    @BeforeEach
    void makeTree() throws IOException {
        Path script = Path.of(System.getProperty("lrcc.root", ".."), "lrcc");
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no /bin/bash here");
        root = Files.createDirectories(dir.resolve("the tree"));
        Files.copy(script, root.resolve("lrcc"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.writeString(root.resolve("pom.xml"), "");
        jar = root.resolve("cli/target/lrcc.jar");
        Files.createDirectories(jar.getParent());
        Files.writeString(jar, "old");
    }

    @Test
    void passesArgumentsFlagsAndTheExitCode() throws Exception {
        Run run = launch(javaHome("17.0.15"), root.resolve("lrcc"), "train", "two words", "$HOME *");
        assertThat(run.exit).isEqualTo(7);
        assertThat(run.out)
                .containsSubsequence(
                        "<--add-modules>",
                        "<jdk.incubator.vector>",
                        "<-XX:+UseParallelGC>",
                        "<-Da=b>",
                        "<-jar>",
                        "<" + jar.toRealPath() + ">",
                        "<train>",
                        "<two words>",
                        "<$HOME *>")
                .doesNotContain("<--sun-misc-unsafe-memory-access=allow>");
    }

    @Test
    void dropsOnlyTheIncubatorWarning() throws Exception {
        assertThat(launch(javaHome("17.0.15"), root.resolve("lrcc")).err)
                .containsExactlyInAnyOrder("news of the JVM", "news of the program");
    }

    @Test
    void silencesUnsafeWhereJavaWarnsOfIt() throws Exception {
        assertThat(launch(javaHome("25.0.3"), root.resolve("lrcc")).out)
                .contains("<--sun-misc-unsafe-memory-access=allow>");
    }

    @Test
    void findsItsTreeThroughLinks() throws Exception {
        Path first = Files.createSymbolicLink(dir.resolve("first"), root.resolve("lrcc"));
        Path bin = Files.createDirectories(dir.resolve("bin"));
        Path second = Files.createSymbolicLink(bin.resolve("second"), bin.relativize(first));
        assertThat(launch(javaHome("17"), second).out).contains("<" + jar.toRealPath() + ">");
    }

    @Test
    void refusesAnOldOrMissingJava() throws Exception {
        Run old = launch(javaHome("1.8.0_292"), root.resolve("lrcc"));
        assertThat(old.exit).isEqualTo(1);
        assertThat(old.err).singleElement().asString().contains("Java 17 or newer", "1.8.0_292");

        Run missing = launch(dir.resolve("nowhere"), root.resolve("lrcc"));
        assertThat(missing.exit).isEqualTo(1);
        assertThat(missing.err).singleElement().asString().contains("JAVA_HOME", "nowhere", "Java 17");
    }

    @Test
    void buildsWhereThereIsNoJarOrASourceIsNewer() throws Exception {
        Files.delete(jar);
        Run first = launch(javaHome("17"), root.resolve("lrcc"));
        assertThat(first.exit).isEqualTo(7);
        assertThat(first.err).anyMatch(line -> line.startsWith("maven ") && line.contains("-pl cli -am package"));
        assertThat(first.out).noneMatch(line -> line.startsWith("maven"));

        assertThat(launch(javaHome("17"), root.resolve("lrcc")).err).noneMatch(line -> line.startsWith("maven"));

        Path source = Files.createDirectories(root.resolve("nn/src/main/java")).resolve("New.java");
        Files.writeString(root.resolve("nn/pom.xml"), "");
        Files.writeString(source, "");
        Files.setLastModifiedTime(
                source, FileTime.fromMillis(Files.getLastModifiedTime(jar).toMillis() + 5000));
        assertThat(launch(javaHome("17"), root.resolve("lrcc")).err).anyMatch(line -> line.startsWith("maven"));
    }

    private record Run(int exit, List<String> out, List<String> err) {}

    private Path javaHome(String version) throws IOException {
        Path home = dir.resolve("java-" + version);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        executable(home.resolve("bin/java"), FAKE_JAVA);
        return home;
    }

    private Run launch(Path javaHome, Path script, String... arguments) throws Exception {
        Path tools = Files.createDirectories(dir.resolve("tools"));
        executable(tools.resolve("mvn"), FAKE_MAVEN);
        List<String> command = new ArrayList<>(List.of("/bin/bash", script.toString()));
        command.addAll(List.of(arguments));
        Path out = dir.resolve("out");
        // A pipe, unlike a file, ends only when the launcher's filter has written its last line too.
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(dir.toFile()).redirectOutput(out.toFile());
        Map<String, String> environment = builder.environment();
        environment.put("JAVA_HOME", javaHome.toString());
        environment.put("LRCC_JAVA_OPTS", "-Da=b");
        environment.put("PATH", tools + ":" + environment.get("PATH"));
        environment.remove("LRCC_NO_BUILD");
        Process process = builder.start();
        List<String> err =
                new String(process.getErrorStream().readAllBytes()).lines().toList();
        assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), Files.readAllLines(out), err);
    }

    private static void executable(Path file, String content) throws IOException {
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
