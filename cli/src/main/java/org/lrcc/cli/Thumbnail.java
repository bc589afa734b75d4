package org.lrcc.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.lrcc.engine.FailureException;
import org.lrcc.nn.data.ImageDecoder;
import org.lrcc.nn.data.RgbImage;
import org.lrcc.nn.data.Transforms;

/** A picture made small enough to stand in a page by the dozen. */
final class Thumbnail {
    private static final int SIDE = 128;

    private Thumbnail() {}

    /** The square middle of an image as a JPEG in a data URI. */
    static String of(Path file) {
        RgbImage image = new ImageDecoder().decode(file);
        RgbImage square = Transforms.centerCrop(Transforms.resize(image, SIDE), SIDE);
        BufferedImage picture = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                picture.setRGB(x, y, square.get(x, y, 0) << 16 | square.get(x, y, 1) << 8 | square.get(x, y, 2));
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(picture, "jpg", bytes);
        } catch (IOException e) {
            throw new FailureException(file + ": its thumbnail could not be made: " + e.getMessage(), e);
        }
        return "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}
