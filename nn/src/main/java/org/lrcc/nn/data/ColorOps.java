package org.lrcc.nn.data;

/**
 * Brightness, contrast, saturation and hue, bit for bit as torchvision's {@code adjust_*} on PIL images. Sources: Pillow
 * {@code ImageEnhance.py}, {@code src/libImaging/Blend.c}, {@code src/libImaging/Convert.c}; torchvision
 * {@code transforms/_functional_pil.py}.
 */
final class ColorOps {
    private ColorOps() {}

    /** Blends with black: 0 is black, 1 the image, above 1 brighter. */
    static RgbImage brightness(RgbImage image, double factor) {
        byte[] out = new byte[image.pixels().length];
        for (int i = 0; i < out.length; i++) {
            out[i] = blend(0, image.pixels()[i] & 0xff, (float) factor);
        }
        return new RgbImage(image.width(), image.height(), out);
    }

    /** Blends with the mean grey of the image. */
    static RgbImage contrast(RgbImage image, double factor) {
        byte[] in = image.pixels();
        long sum = 0;
        for (int i = 0; i < in.length; i += 3) {
            sum += luma(in, i);
        }
        int mean = (int) (sum / ((double) image.width() * image.height()) + 0.5);
        byte[] out = new byte[in.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = blend(mean, in[i] & 0xff, (float) factor);
        }
        return new RgbImage(image.width(), image.height(), out);
    }

    /** Blends with the grey image: 0 is grey, 1 the image, above 1 more colourful. */
    static RgbImage saturation(RgbImage image, double factor) {
        byte[] in = image.pixels();
        byte[] out = new byte[in.length];
        for (int i = 0; i < out.length; i += 3) {
            int grey = luma(in, i);
            for (int c = 0; c < 3; c++) {
                out[i + c] = blend(grey, in[i + c] & 0xff, (float) factor);
            }
        }
        return new RgbImage(image.width(), image.height(), out);
    }

    /** Turns the hue by a share of the full circle, in [-0.5, 0.5]. */
    static RgbImage hue(RgbImage image, double turn) {
        byte[] in = image.pixels();
        byte[] out = new byte[in.length];
        int shift = (int) (turn * 255);
        for (int i = 0; i < out.length; i += 3) {
            turnHue(in, out, i, shift);
        }
        return new RgbImage(image.width(), image.height(), out);
    }

    private static int luma(byte[] rgb, int i) {
        return ((rgb[i] & 0xff) * 19595 + (rgb[i + 1] & 0xff) * 38470 + (rgb[i + 2] & 0xff) * 7471 + 0x8000) >> 16;
    }

    /** One sample between two images at {@code alpha}, beyond them where alpha is outside [0, 1]; in float, as Pillow does. */
    private static byte blend(int from, int to, float alpha) {
        float value = from + alpha * (to - from);
        return (byte) (value <= 0f ? 0 : value >= 255f ? 255 : (int) value);
    }

    private static void turnHue(byte[] in, byte[] out, int i, int shift) {
        int r = in[i] & 0xff;
        int g = in[i + 1] & 0xff;
        int b = in[i + 2] & 0xff;
        int max = Math.max(r, Math.max(g, b));
        int min = Math.min(r, Math.min(g, b));
        if (min == max) { // no colour, no hue
            out[i] = in[i];
            out[i + 1] = in[i + 1];
            out[i + 2] = in[i + 2];
            return;
        }
        float range = max - min;
        float rc = (max - r) / range;
        float gc = (max - g) / range;
        float bc = (max - b) / range;
        float sector = r == max ? bc - gc : (float) (g == max ? 2.0 + rc - bc : 4.0 + gc - rc);
        float turn = (float) ((sector / 6.0 + 1.0) % 1.0);
        int hue = (clip((int) (turn * 255.0)) + shift) & 0xff;
        int saturation = clip((int) (range / max * 255.0));
        toRgb(hue, saturation, max, out, i);
    }

    private static void toRgb(int hue, int saturation, int value, byte[] out, int i) {
        if (saturation == 0) {
            set(out, i, value, value, value);
            return;
        }
        int sector = (int) Math.floor(hue * 6.0 / 255.0);
        float f = (float) (hue * 6.0 / 255.0 - sector);
        float s = saturation / 255.0f;
        int p = clip((int) Math.floor(value * (1.0 - s) + 0.5));
        int q = clip((int) Math.floor(value * (1.0 - s * f) + 0.5));
        int t = clip((int) Math.floor(value * (1.0 - s * (1.0 - f)) + 0.5));
        switch (sector % 6) {
            case 0 -> set(out, i, value, t, p);
            case 1 -> set(out, i, q, value, p);
            case 2 -> set(out, i, p, value, t);
            case 3 -> set(out, i, p, q, value);
            case 4 -> set(out, i, t, p, value);
            default -> set(out, i, value, p, q);
        }
    }

    private static void set(byte[] out, int i, int r, int g, int b) {
        out[i] = (byte) r;
        out[i + 1] = (byte) g;
        out[i + 2] = (byte) b;
    }

    private static int clip(int value) {
        return Math.max(0, Math.min(255, value));
    }
}
