package org.lrcc.nn.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;

/**
 * Writes whole files: to a temporary one in the same folder, which is synced and then renamed over the target. Whatever happens, the
 * target is as it was or complete.
 */
public final class AtomicFiles {
    private static final AtomicLong COUNTER = new AtomicLong();

    private AtomicFiles() {}

    /** Writes a file's content; the stream is buffered, and closed by the caller of this. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes or replaces a file. A target that is a link keeps being one; the file it leads to is replaced.
     *
     * @throws InputException if the target is a folder, a pipe, a device or a socket, or its folder does not exist
     * @throws FailureException if writing fails; errors of {@code content} that are not about I/O pass unchanged
     */
    public static void write(Path target, Content content) {
        Path file = resolve(target);
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(file)) {
            throw new InputException("write " + target + ": it is a folder");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            // To rename a file over it would replace it.
            throw new InputException("write " + target + ": it is a pipe, a device or a socket, not a file");
        }
        if (!Files.isDirectory(folder)) {
            throw new InputException("write " + target + ": the folder " + folder + " does not exist");
        }
        Path temporary = folder.resolve("." + file.getFileName() + "."
                + ProcessHandle.current().pid() + "-" + COUNTER.incrementAndGet() + ".tmp");
        boolean created = false;
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                created = true;
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
                content.writeTo(out);
                out.flush();
                channel.force(true);
            }
            replace(temporary, file);
            created = false;
            syncFolder(folder);
        } catch (IOException e) {
            throw new FailureException("write " + target + ": " + reason(e), e);
        } finally {
            if (created) {
                delete(temporary);
            }
        }
    }

    /** Writes or replaces a text file in UTF-8, as {@link #write} does. */
    public static void writeString(Path target, String text) {
        write(target, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static Path resolve(Path target) {
        try {
            return Files.isSymbolicLink(target) ? target.toRealPath() : target;
        } catch (IOException e) {
            throw new InputException("write " + target + ": it is a link that leads nowhere", e);
        }
    }

    private static void replace(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Makes the rename itself durable where folders can be synced; elsewhere (Windows) the file system does it. */
    private static void syncFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException ignored) {
            // The content is on the disk; only the moment at which its name is cannot be told.
        }
    }

    private static void delete(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException ignored) {
            // The error that brought us here is the one to report.
        }
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        return e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }
}
