package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Channels of an image between planes, {@code [channel][pixel]}, and a group of up to {@link #NR} channels side by side, {@code [pixel][NR]}: what {@link VectorWinograd}'s transforms read and write.
 *
 * <p>At 256 bits by blocks of eight channels and eight pixels in registers. The last block of a row begins eight pixels before its end and repeats what the one before it has done.
 */
final class VectorPlanes {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    /**
     * Whether to transpose with indexed loads. At 512 bits on Intel 0.18 ns a float (JDK 25: 0.14); four scalar streams take 0.26, networks of shuffles 0.27 (0.15).
     * Indexed loads of 256 bits are slow on AMD's older processors: see {@link EightByEight}.
     */
    private static final boolean INDEXED = VL == 16;

    private static final boolean TURNED = VL == 8;

    private static final ThreadLocal<int[]> PLANES = ThreadLocal.withInitial(() -> new int[VL]);
    private static final int[] PIXELS = new int[VL];

    static {
        for (int i = 0; i < VL; i++) {
            PIXELS[i] = i * NR;
        }
    }

    private VectorPlanes() {}

    /** Rows of {@code width} pixels to a group, in which rows begin {@code rowPixels} apart. */
    static void gather(
            float[] x, int xo, int plane, int channels, int rows, int width, float[] y, int yo, int rowPixels) {
        int c = 0;
        if (INDEXED) {
            for (; c + VL <= channels; c += VL) {
                gatherIndexed(x, xo + c * plane, plane, rows, width, y, yo + c, rowPixels);
            }
        }
        for (; TURNED && width >= VL && c + VL <= channels; c += VL) {
            gatherEight(x, xo + c * plane, plane, rows, width, y, yo + c, rowPixels);
        }
        for (; c + 4 <= channels; c += 4) {
            gatherFour(x, xo + c * plane, plane, rows, width, y, yo + c, rowPixels);
        }
        for (; c < channels; c++) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < width; j++) {
                    y[yo + (i * rowPixels + j) * NR + c] = x[xo + c * plane + i * width + j];
                }
            }
        }
    }

    private static void gatherIndexed(
            float[] x, int xo, int plane, int rows, int width, float[] y, int yo, int rowPixels) {
        int[] planes = PLANES.get();
        for (int c = 0; c < VL; c++) {
            planes[c] = c * plane;
        }
        for (int i = 0; i < rows; i++) {
            gatherPixels(x, xo + i * width, planes, width, y, yo + i * rowPixels * NR);
        }
    }

    private static void gatherPixels(float[] x, int from, int[] planes, int width, float[] y, int to) {
        for (int j = 0; j < width; j++) {
            FloatVector.fromArray(S, x, from + j, planes, 0).intoArray(y, to + j * NR);
        }
    }

    private static void gatherEight(
            float[] x, int xo, int plane, int rows, int width, float[] y, int yo, int rowPixels) {
        int blocks = width / VL;
        int last = width % VL == 0 ? 0 : width - VL;
        for (int i = 0; i < rows; i++) {
            int from = xo + i * width;
            int to = yo + i * rowPixels * NR;
            EightByEight.turn(x, from, plane, VL, blocks, y, to, NR, VL * NR);
            if (last > 0) {
                EightByEight.turn(x, from + last, plane, VL, 1, y, to + last * NR, NR, VL * NR);
            }
        }
    }

    private static void gatherFour(
            float[] x, int xo, int plane, int rows, int width, float[] y, int yo, int rowPixels) {
        for (int i = 0; i < rows; i++) {
            int s = xo + i * width;
            gatherRow(x, s, s + plane, s + 2 * plane, s + 3 * plane, width, y, yo + i * rowPixels * NR);
        }
    }

    private static void gatherRow(float[] x, int r0, int r1, int r2, int r3, int width, float[] y, int d) {
        for (int j = 0; j < width; j++) {
            int o = d + j * NR;
            y[o] = x[r0 + j];
            y[o + 1] = x[r1 + j];
            y[o + 2] = x[r2 + j];
            y[o + 3] = x[r3 + j];
        }
    }

    /** A run of pixels of a group to planes. */
    static void scatter(float[] x, int xo, int channels, int pixels, float[] y, int yo, int plane) {
        int done = 0;
        if (TURNED && pixels >= VL) {
            done = channels & -VL;
            scatterEight(x, xo, done, pixels, y, yo, plane);
        }
        int i = 0;
        if (INDEXED) {
            for (; i + VL <= pixels; i += VL) {
                scatterIndexed(x, xo + i * NR, channels, y, yo + i, plane);
            }
        }
        scatterRest(x, xo + i * NR + done, channels - done, pixels - i, y, yo + i + done * plane, plane);
    }

    private static void scatterEight(float[] x, int xo, int channels, int pixels, float[] y, int yo, int plane) {
        int last = pixels % VL == 0 ? 0 : pixels - VL;
        for (int c = 0; c < channels; c += VL) {
            int to = yo + c * plane;
            EightByEight.turn(x, xo + c, NR, VL * NR, pixels / VL, y, to, plane, VL);
            if (last > 0) {
                EightByEight.turn(x, xo + last * NR + c, NR, VL * NR, 1, y, to + last, plane, VL);
            }
        }
    }

    private static void scatterIndexed(float[] x, int xo, int channels, float[] y, int yo, int plane) {
        for (int c = 0; c < channels; c++) {
            FloatVector.fromArray(S, x, xo + c, PIXELS, 0).intoArray(y, yo + c * plane);
        }
    }

    private static void scatterRest(float[] x, int xo, int channels, int pixels, float[] y, int yo, int plane) {
        int c = 0;
        for (; c + 4 <= channels; c += 4) {
            int r = yo + c * plane;
            scatterFour(x, xo + c, pixels, y, r, r + plane, r + 2 * plane, r + 3 * plane);
        }
        for (; c < channels; c++) {
            for (int i = 0; i < pixels; i++) {
                y[yo + c * plane + i] = x[xo + i * NR + c];
            }
        }
    }

    private static void scatterFour(float[] x, int s, int pixels, float[] y, int r0, int r1, int r2, int r3) {
        for (int i = 0; i < pixels; i++) {
            int o = s + i * NR;
            y[r0 + i] = x[o];
            y[r1 + i] = x[o + 1];
            y[r2 + i] = x[o + 2];
            y[r3 + i] = x[o + 3];
        }
    }
}
