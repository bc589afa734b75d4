package org.lrcc.nn.data;

import java.io.IOException;

/** What is wrong with an image, said without its name; {@link ImageDecoder} adds the name. */
final class BadImageException extends IOException {
    private static final long serialVersionUID = 1L;

    /** A file of a few bytes can hold one row of a million pixels, which scaled to a short side of 256 is too much for any heap. */
    private static final long MOST_RATIO = 200;

    BadImageException(String message) {
        super(message);
    }

    /** Refuses sizes that are empty or beyond the limit, before anything is allocated for them. */
    static void checkSize(long width, long height, ImageLimits limits) throws BadImageException {
        if (width < 1 || height < 1) {
            throw new BadImageException("its size is " + width + " x " + height + " pixels");
        }
        if (width > limits.maxPixels() / height) {
            throw new BadImageException("its size is " + width + " x " + height + " pixels, at most "
                    + limits.maxPixels() + " are decoded");
        }
        if (Math.max(width, height) / Math.min(width, height) > MOST_RATIO) {
            throw new BadImageException("its size is " + width + " x " + height + " pixels, one side more than "
                    + MOST_RATIO + " times the other");
        }
    }
}
