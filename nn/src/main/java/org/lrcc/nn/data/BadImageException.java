package org.lrcc.nn.data;

import java.io.IOException;

/** What is wrong with an image, said without its name; {@link ImageDecoder} adds the name. */
final class BadImageException extends IOException {
    private static final long serialVersionUID = 1L;

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
    }
}
