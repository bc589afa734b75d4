package org.lrcc.nn.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.lrcc.engine.InputException;

/**
 * Decodes JPEG, PNG, WebP and BMP to upright 8-bit RGB with the pixels that Pillow's {@code Image.open(f).convert("RGB")}, turned by
 * {@code ImageOps.exif_transpose}, has: samples are taken as they are stored, colour profiles are not applied, alpha is dropped, 16-bit
 * samples keep their high byte, CMYK is taken as inverted the way Adobe writes it.
 *
 * <p>The format is told by the content, not by the file's name. Files are hostile until shown otherwise: headers are parsed here and
 * bounded by {@link ImageLimits} before a decoder sees the file, and it sees only the parts that hold pixels. Nothing touches the disk
 * but the reading of the file itself. Instances have no state but their limits and may be shared by threads.
 */
public final class ImageDecoder {
    private final ImageLimits limits;

    /** A decoder with {@link ImageLimits#DEFAULT}. */
    public ImageDecoder() {
        this(ImageLimits.DEFAULT);
    }

    /** A decoder with these limits. */
    public ImageDecoder(ImageLimits limits) {
        this.limits = limits;
    }

    /**
     * Decodes a file.
     *
     * @throws InputException naming the file, the rule and the value if it cannot be read, is too large, damaged, or of another format
     */
    public RgbImage decode(Path file) {
        return decode(read(file), file.toString());
    }

    /**
     * Decodes an image in memory.
     *
     * @param name what to call it in messages
     */
    public RgbImage decode(byte[] bytes, String name) {
        if (bytes.length > limits.maxFileBytes()) {
            throw tooLarge(name, bytes.length + " bytes");
        }
        try {
            if (JpegSource.matches(bytes)) {
                return JpegSource.decode(bytes, limits);
            }
            if (PngSource.matches(bytes)) {
                return PngSource.decode(bytes, limits);
            }
            if (WebpSource.matches(bytes)) {
                return WebpSource.decode(bytes, limits);
            }
            if (BmpSource.matches(bytes)) {
                return BmpSource.decode(bytes, limits);
            }
            throw new BadImageException(
                    "not a JPEG, PNG, WebP or BMP file" + (bytes.length == 0 ? ": it is empty" : ""));
        } catch (BadImageException e) {
            throw new InputException("image " + name + ": " + e.getMessage(), e);
        } catch (IOException | RuntimeException | AssertionError e) {
            // Decoders answer damaged data with any of these; whatever they say, it is the file's fault.
            throw new InputException("image " + name + ": damaged: " + describe(e), e);
        }
    }

    private byte[] read(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new InputException("image " + file + ": " + (Files.exists(file) ? "not a file" : "no such file"));
            }
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes((int) limits.maxFileBytes() + 1);
                if (bytes.length > limits.maxFileBytes()) {
                    throw tooLarge(file.toString(), Files.size(file) + " bytes");
                }
                return bytes;
            }
        } catch (NoSuchFileException e) {
            throw new InputException("image " + file + ": no such file", e);
        } catch (IOException e) {
            throw new InputException("image " + file + ": cannot be read: " + describe(e), e);
        }
    }

    private InputException tooLarge(String name, String size) {
        return new InputException(
                "image " + name + ": the file has " + size + ", at most " + limits.maxFileBytes() + " are read");
    }

    private static String describe(Throwable e) {
        String message = e.getMessage();
        return message == null || message.isBlank()
                ? e.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }
}
