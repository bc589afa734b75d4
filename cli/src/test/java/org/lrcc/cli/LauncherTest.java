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
import java.util.stream.Stream;
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

    /** Lists the classes that it loads, and makes an archive of those on a list, where it is asked to. */
    private static final String ARCHIVING_JAVA = """
            #!/bin/sh
            list= archive= dump=
            for argument in "$@"; do
              case "$argument" in
                -XX:DumpLoadedClassList=*) echo class > "${argument#*=}"; exit 0 ;;
                -XX:SharedClassListFile=*) list=${argument#*=} ;;
                -XX:SharedArchiveFile=*) archive=${argument#*=} ;;
                -Xshare:dump) dump=yes ;;
              esac
              echo "<$argument>"
            done
            if [ -n "$dump" ]; then cp "$list" "$archive"; echo made >> "$(dirname "$0")/made"; fi
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

    @Test
    void makesTheArchiveOfClassesOnceForEachJar() throws Exception {
        Path home = javaHome("17.0.15", ARCHIVING_JAVA);
        Path made = home.resolve("bin/made");
        for (int i = 0; i < 2; i++) {
            Run run = launch(home, root.resolve("lrcc"), "info");
            assertThat(run.exit).isZero();
            assertThat(run.out).anyMatch(line -> line.matches("<-XX:SharedArchiveFile=.*\\.jsa>"));
            assertThat(Files.readAllLines(made)).hasSize(1);
        }
        Files.setLastModifiedTime(jar, FileTime.fromMillis(System.currentTimeMillis() + 5000));
        launch(home, root.resolve("lrcc"), "info");
        assertThat(Files.readAllLines(made)).as("a new jar").hasSize(2);
    }

    @Test
    void startsWithoutAnArchiveThatCannotBeMade() throws Exception {
        Run run = launch(javaHome("17.0.15"), root.resolve("lrcc"), "info");
        assertThat(run.exit).isEqualTo(7);
        assertThat(run.out).noneMatch(line -> line.contains("SharedArchiveFile"));
        assertThat(files(root.resolve(".lrcc"))).anyMatch(name -> name.endsWith(".jsa"));

        Path home = javaHome("21", ARCHIVING_JAVA);
        Path folder = root.resolve(".lrcc");
        for (String name : files(folder)) {
            Files.delete(folder.resolve(name));
        }
        Files.delete(folder);
        Files.writeString(folder, "a file where the folder should be");
        Run blocked = launch(home, root.resolve("lrcc"), "info");
        assertThat(blocked.exit).isZero();
        assertThat(blocked.err).isEmpty();
        assertThat(blocked.out).contains("<info>").noneMatch(line -> line.contains("SharedArchiveFile"));
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(path -> path.getFileName().toString()).toList();
        }
    }

    private record Run(int exit, List<String> out, List<String> err) {}

    private Path javaHome(String version) throws IOException {
        return javaHome(version, FAKE_JAVA);
    }

    private Path javaHome(String version, String java) throws IOException {
        Path home = dir.resolve("java-" + version);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        executable(home.resolve("bin/java"), java);
        return home;
    }

    private Run launch(Path javaHome, Path script, String... arguments) throws Exception {
        Path tools = Files.createDirectories(dir.resolve("tools"));
        executable(tools.resolve("mvn"), FAKE_MAVEN);
        Path out = dir.resolve("out");
        Path err = dir.resolve("err");
        // The launcher's filter may outlive it; a pipe ends only when the last of its writers has ended.
        String waiting = "\"$@\" 2>&1 >'" + out + "' | cat >'" + err + "'; exit ${PIPESTATUS[0]}";
        List<String> command =
                new ArrayList<>(List.of("/bin/bash", "-c", waiting, "bash", "/bin/bash", script.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(dir.toFile());
        Map<String, String> environment = builder.environment();
        environment.put("JAVA_HOME", javaHome.toString());
        environment.put("LRCC_JAVA_OPTS", "-Da=b");
        environment.put("PATH", tools + ":" + environment.get("PATH"));
        environment.remove("LRCC_NO_BUILD");
        environment.remove("LRCC_NO_CDS");
        Process process = builder.start();
        assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), Files.readAllLines(out), Files.readAllLines(err));
    }

    private static void executable(Path file, String content) throws IOException {
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
