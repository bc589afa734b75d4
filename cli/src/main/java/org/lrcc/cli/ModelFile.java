package org.lrcc.cli;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.lrcc.engine.InputException;
import org.lrcc.nn.onnx.Imported;
import org.lrcc.nn.onnx.Onnx;

/** Reads ONNX files, packed by gzip or not. */
final class ModelFile {
    /** A protobuf message ends below 2 GiB; what unpacks to more is no ONNX file. */
    private static final int MOST_BYTES = Integer.MAX_VALUE - 64;

    private ModelFile() {}

    /** Reads a network; {@code FILE.gz} is unpacked in memory. */
    static Imported read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new InputException(
                    "model " + file + ": " + (Files.exists(file) ? "it is not a file" : "there is no such file"));
        }
        if (!file.toString().endsWith(".gz")) {
            return Onnx.open(file);
        }
        byte[] bytes = unpack(file);
        try {
            return Onnx.parse(bytes);
        } catch (InputException e) {
            throw new InputException(file + ": " + e.getMessage(), e);
        }
    }

    private static byte[] unpack(Path file) {
        byte[] buffer = new byte[1 << 16];
        ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 20);
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file), 1 << 16)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (out.size() > MOST_BYTES - n) {
                    throw new InputException("model " + file + ": it unpacks to more than " + MOST_BYTES + " bytes");
                }
                out.write(buffer, 0, n);
            }
        } catch (ZipException | EOFException e) {
            throw new InputException("model " + file + ": it does not unpack: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new InputException("model " + file + ": it cannot be read: " + e.getMessage(), e);
        }
        return out.toByteArray();
    }
}
