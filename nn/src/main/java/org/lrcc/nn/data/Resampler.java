package org.lrcc.nn.data;

import java.util.Arrays;

/**
 * Antialiased bilinear resizing, bit for bit as Pillow's {@code Image.resize(size, BILINEAR)} does it, which is what torchvision calls
 * for PIL images.
 *
 * <p>A triangle filter is widened by the reduction factor (so that every source pixel counts when shrinking) and applied to columns and
 * then to rows; weights are fixed point with 22 fractional bits, and the intermediate image is rounded to 8 bits. Source: Pillow,
 * {@code src/libImaging/Resample.c}.
 */
final class Resampler {
    /** 32 bits hold an 8-bit sample times a weight and two bits of headroom for the sum. */
    private static final int PRECISION_BITS = 32 - 8 - 2;

    private static final int HALF = 1 << (PRECISION_BITS - 1);

    private Resampler() {}

    /** The weights of one axis: output i is the sum over j < count[i] of weights[i * width + j] * input[first[i] + j]. */
    private record Axis(int width, int[] first, int[] count, int[] weights) {}

    /**
     * Resizes the rectangle of an image.
     *
     * @param image source
     * @param left of the rectangle, in pixels
     * @param top of the rectangle, in pixels
     * @param w width of the rectangle
     * @param h height of the rectangle
     * @param outW width of the result
     * @param outH height of the result
     */
    static RgbImage resize(RgbImage image, int left, int top, int w, int h, int outW, int outH) {
        byte[] pixels = image.pixels();
        int stride = image.width() * 3;
        int offset = top * stride + left * 3;
        if (outW != w) {
            pixels = horizontal(pixels, offset, stride, h, axis(w, outW));
            stride = outW * 3;
            offset = 0;
        }
        if (outH != h) {
            pixels = vertical(pixels, offset, stride, outW, axis(h, outH));
            stride = outW * 3;
            offset = 0;
        }
        if (stride == outW * 3 && offset == 0 && pixels.length == stride * outH) {
            return new RgbImage(outW, outH, pixels);
        }
        byte[] out = new byte[outW * 3 * outH];
        for (int y = 0; y < outH; y++) {
            System.arraycopy(pixels, offset + y * stride, out, y * outW * 3, outW * 3);
        }
        return new RgbImage(outW, outH, out);
    }

    private static Axis axis(int in, int out) {
        double scale = (double) in / out;
        double support = Math.max(scale, 1.0); // the triangle's half width is 1
        double inverse = 1.0 / support;
        int width = (int) Math.ceil(support) * 2 + 1;
        int[] first = new int[out];
        int[] count = new int[out];
        int[] weights = new int[Math.multiplyExact(out, width)];
        double[] row = new double[width];
        for (int i = 0; i < out; i++) {
            double center = (i + 0.5) * scale;
            int from = Math.max(0, (int) (center - support + 0.5));
            int n = Math.min(in, (int) (center + support + 0.5)) - from;
            double sum = 0;
            for (int j = 0; j < n; j++) {
                double distance = Math.abs((j + from - center + 0.5) * inverse);
                row[j] = distance < 1.0 ? 1.0 - distance : 0.0;
                sum += row[j];
            }
            for (int j = 0; j < n; j++) {
                double weight = sum != 0.0 ? row[j] / sum : row[j];
                weights[i * width + j] = (int) (0.5 + weight * (1 << PRECISION_BITS));
            }
            first[i] = from;
            count[i] = n;
        }
        return new Axis(width, first, count, weights);
    }

    private static byte[] horizontal(byte[] in, int offset, int stride, int rows, Axis axis) {
        int outW = axis.first.length;
        byte[] out = new byte[Math.multiplyExact(outW * 3, rows)];
        int at = 0;
        for (int y = 0; y < rows; y++) {
            int row = offset + y * stride;
            for (int x = 0; x < outW; x++) {
                int source = row + axis.first[x] * 3;
                int k = x * axis.width;
                int end = k + axis.count[x];
                int r = HALF;
                int g = HALF;
                int b = HALF;
                for (; k < end; k++, source += 3) {
                    int weight = axis.weights[k];
                    r += (in[source] & 0xff) * weight;
                    g += (in[source + 1] & 0xff) * weight;
                    b += (in[source + 2] & 0xff) * weight;
                }
                out[at++] = clip(r);
                out[at++] = clip(g);
                out[at++] = clip(b);
            }
        }
        return out;
    }

    private static byte[] vertical(byte[] in, int offset, int stride, int width, Axis axis) {
        int outH = axis.first.length;
        int bytes = width * 3;
        byte[] out = new byte[Math.multiplyExact(bytes, outH)];
        int[] sums = new int[bytes];
        for (int y = 0; y < outH; y++) {
            Arrays.fill(sums, HALF);
            for (int j = 0; j < axis.count[y]; j++) {
                int weight = axis.weights[y * axis.width + j];
                int source = offset + (axis.first[y] + j) * stride;
                for (int x = 0; x < bytes; x++) {
                    sums[x] += (in[source + x] & 0xff) * weight;
                }
            }
            for (int x = 0; x < bytes; x++) {
                out[y * bytes + x] = clip(sums[x]);
            }
        }
        return out;
    }

    private static byte clip(int fixed) {
        int value = fixed >> PRECISION_BITS;
        return (byte) (value < 0 ? 0 : Math.min(value, 255));
    }
}
