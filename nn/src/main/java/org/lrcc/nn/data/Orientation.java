package org.lrcc.nn.data;

/**
 * The eight EXIF orientations (tag 0x0112) and how each is undone. Value n says where row 0 and column 0 of the stored pixels belong
 * in the upright picture.
 */
enum Orientation {
    UPRIGHT(false, false, false),
    MIRRORED(false, true, false),
    ROTATED_180(false, true, true),
    FLIPPED(false, false, true),
    TRANSPOSED(true, false, false),
    ROTATED_90(true, false, true),
    TRANSVERSED(true, true, true),
    ROTATED_270(true, true, false);

    private final boolean swap;
    private final boolean mirrorX;
    private final boolean mirrorY;

    /** The upright pixel (x, y) is the stored one at (x, y), or (y, x) if swapped, then mirrored in the stored axes. */
    Orientation(boolean swap, boolean mirrorX, boolean mirrorY) {
        this.swap = swap;
        this.mirrorX = mirrorX;
        this.mirrorY = mirrorY;
    }

    /** Values outside 1..8 occur in the wild and mean nothing: they are upright. */
    static Orientation ofExif(int value) {
        return value >= 1 && value <= 8 ? values()[value - 1] : UPRIGHT;
    }

    RgbImage apply(RgbImage stored) {
        if (this == UPRIGHT) {
            return stored;
        }
        int w = stored.width();
        int h = stored.height();
        byte[] from = stored.pixels();
        RgbImage upright = swap ? RgbImage.black(h, w) : RgbImage.black(w, h);
        byte[] to = upright.pixels();
        int at = 0;
        for (int y = 0; y < upright.height(); y++) {
            for (int x = 0; x < upright.width(); x++) {
                int sx = swap ? y : x;
                int sy = swap ? x : y;
                int source = ((mirrorY ? h - 1 - sy : sy) * w + (mirrorX ? w - 1 - sx : sx)) * 3;
                to[at++] = from[source];
                to[at++] = from[source + 1];
                to[at++] = from[source + 2];
            }
        }
        return upright;
    }
}
