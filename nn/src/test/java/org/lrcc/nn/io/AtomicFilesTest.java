package org.lrcc.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;

class AtomicFilesTest {
    @TempDir
    Path dir;

    @Test
    void replacesAFile() throws IOException {
        Path file = dir.resolve("a.txt");
        AtomicFiles.writeString(file, "old and longer");
        AtomicFiles.writeString(file, "new");

        assertThat(file).hasContent("new");
        assertThat(entries()).containsExactly("a.txt");
    }

    @Test
    void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = dir.resolve("a.txt");
        AtomicFiles.writeString(file, "old");

        assertThatThrownBy(() -> AtomicFiles.write(file, out -> {
                    out.write(new byte[100_000]);
                    throw new IOException("the disk is full");
                }))
                .isInstanceOf(FailureException.class)
                .hasMessageContainingAll("a.txt", "the disk is full");
        assertThatThrownBy(() -> AtomicFiles.write(file, out -> {
                    throw new InputException("no such tensor");
                }))
                .hasMessage("no such tensor");

        assertThat(file).hasContent("old");
        assertThat(entries()).containsExactly("a.txt");
    }

    @Test
    void refusesWhatIsNoFileAndLeavesItThere(@TempDir Path small) throws IOException {
        Path socket = small.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            Path link = Files.createSymbolicLink(dir.resolve("link"), socket);
            for (Path target : List.of(socket, link)) {
                assertThatThrownBy(() -> AtomicFiles.writeString(target, "x"))
                        .isInstanceOf(InputException.class)
                        .hasMessage("write " + target + ": it is a pipe, a device or a socket, not a file");
            }
            assertThat(Files.isRegularFile(socket)).isFalse();
        }
    }

    @Test
    void refusesAFolderAndAMissingFolder() {
        assertThatThrownBy(() -> AtomicFiles.writeString(dir, "x"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is a folder");
        assertThatThrownBy(() -> AtomicFiles.writeString(dir.resolve("no/file"), "x"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("does not exist");
    }

    @Test
    void aLinkKeepsLeadingToTheFile() throws IOException {
        Path file = Files.writeString(dir.resolve("real"), "old");
        Path link = Files.createSymbolicLink(dir.resolve("link"), file);
        AtomicFiles.writeString(link, "new");

        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("new");
    }

    private List<String> entries() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }
}
