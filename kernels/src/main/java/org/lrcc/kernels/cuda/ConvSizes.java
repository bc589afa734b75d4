package org.lrcc.kernels.cuda;

import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;

/**
 * The sizes of a convolution: [n, c, h, w] before, [n, m, oh, ow] after, kernels of kh x kw.
 *
 * @param n images
 */
record ConvSizes(ConvGeometry geometry, int n, int c, int h, int w, int m, int kh, int kw, int oh, int ow) {
    /** Outputs along each side of a tile of Winograd's. */
    static final int TILE = 4;

    private static final int WINOGRAD_KERNEL = 3;

    static ConvSizes of(ConvGeometry geometry, Shape x, Shape weight) {
        return new ConvSizes(
                geometry,
                x.size(0),
                x.size(1),
                x.size(2),
                x.size(3),
                weight.size(0),
                weight.size(2),
                weight.size(3),
                geometry.outHeight(x.size(2), weight.size(2)),
                geometry.outWidth(x.size(3), weight.size(3)));
    }

    int groups() {
        return geometry.groups();
    }

    /** Channels of a group before. */
    int groupC() {
        return c / groups();
    }

    /** Channels of a group after. */
    int groupM() {
        return m / groups();
    }

    /** Values that one output of a channel is summed over. */
    int depth() {
        return groupC() * kh * kw;
    }

    int pixels() {
        return oh * ow;
    }

    /** Pixels of an image in a matrix of columns: rounded up so that rows start at multiples of 16 bytes. */
    int paddedPixels() {
        return (pixels() + 3) / 4 * 4;
    }

    /** Whether images are their own matrix of columns. */
    boolean isPointwise() {
        ConvGeometry g = geometry;
        return kh == 1
                && kw == 1
                && g.strideHeight() == 1
                && g.strideWidth() == 1
                && g.padTop() + g.padLeft() + g.padBottom() + g.padRight() == 0;
    }

    /** Whether F(4x4, 3x3) computes it, both ways. */
    boolean suitsWinograd() {
        ConvGeometry g = geometry;
        return kh == WINOGRAD_KERNEL
                && kw == WINOGRAD_KERNEL
                && g.strideHeight() == 1
                && g.strideWidth() == 1
                && g.dilationHeight() == 1
                && g.dilationWidth() == 1
                && groups() == 1
                && Math.max(Math.max(g.padTop(), g.padLeft()), Math.max(g.padBottom(), g.padRight())) < WINOGRAD_KERNEL;
    }

    /** The convolution of the output's gradient that gives the input's, where {@link #suitsWinograd}. */
    ConvSizes backwards() {
        int last = WINOGRAD_KERNEL - 1;
        ConvGeometry g = geometry;
        ConvGeometry turned = new ConvGeometry(
                1, 1, last - g.padTop(), last - g.padLeft(), last - g.padBottom(), last - g.padRight(), 1, 1, 1);
        return new ConvSizes(turned, n, m, oh, ow, c, kh, kw, h, w);
    }

    /** The same for another number of images. */
    ConvSizes images(int count) {
        return new ConvSizes(geometry, count, c, h, w, m, kh, kw, oh, ow);
    }

    int tilesHigh() {
        return (oh + TILE - 1) / TILE;
    }

    int tilesWide() {
        return (ow + TILE - 1) / TILE;
    }

    /** Tiles of all images, rounded up to a multiple of 4. */
    int tiles() {
        return (Math.multiplyExact(n, tilesHigh() * tilesWide()) + 3) / 4 * 4;
    }
}
