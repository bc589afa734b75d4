package org.lrcc.engine.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a convolution of one shape needs beside its data: how the input is padded, where taps are, which pixels make up panels. Immutable, computed
 * once a shape.
 *
 * <p>Input gradient of a strided convolution: the gradient of pixels whose padded row is {@code ph} modulo the stride is made by the
 * taps whose dilated row is {@code ph} modulo the stride, and is a convolution without stride of the output's gradient with those
 * taps. So each phase is a product of its own and no multiplication with an inserted zero is done.
 */
final class ConvPlan {
    /** A phase of the input gradient: the taps that contribute, their offsets, and the pixels that receive. */
    record Phase(int[] taps, int[] offsets, PixelPanels panels, Grid grid) {}

    /**
     * The pixels of a phase in one plane.
     *
     * @param source where the first pixel's lies in the padded gradient's plane, for offset zero
     * @param target where the first pixel lies in the input's plane
     */
    record Grid(int source, int target, int rows, int columns) {}

    /**
     * Bytes of the plans kept, as a share of the heap. The plan of a batch of 64 at a stem takes 11 MB, 1 % of what its tensors do: a network whose step fits the heap keeps all of its plans.
     */
    private static final int SHARE = 16;

    private static final BoundedCache<Key, ConvPlan> CACHE =
            new BoundedCache<>(Runtime.getRuntime().maxMemory() / SHARE, ConvPlan::bytes);

    private record Key(ConvShape shape, int lanes) {}

    final ConvShape shape;
    final PaddedPlanes input;
    /**
     * Offset of step k = (channel, kernel row, kernel column) of one group, in a padded image. The last is repeated behind the end, so that
     * a tile of rows may read past it.
     */
    final int[] offsets;

    final PixelPanels output;
    final PaddedPlanes gradient;
    final List<Phase> phases;
    /** Whether some input pixel is read by no tap, so that phases do not write its gradient. */
    final boolean phasesLeaveGaps;
    /** What takes the phases' place where it serves. */
    final @Nullable ParityPlan parities;

    static ConvPlan of(ConvShape shape, Tiles tiles) {
        Key key = new Key(shape, tiles.lanes());
        ConvPlan plan = CACHE.get(key);
        if (plan == null) {
            plan = new ConvPlan(shape, tiles);
            CACHE.put(key, plan);
        }
        return plan;
    }

    private long bytes() {
        long bytes = (long) Integer.BYTES * offsets.length + output.bytes();
        for (Phase phase : phases) {
            bytes += (long) Integer.BYTES * (phase.taps.length + phase.offsets.length) + phase.panels.bytes();
        }
        return parities == null ? bytes : bytes + parities.bytes();
    }

    private ConvPlan(ConvShape s, Tiles tiles) {
        shape = s;
        input = PaddedPlanes.ofInput(s);
        offsets = new int[s.groupInputs() * s.kernel() + tiles.rows()];
        int k = 0;
        for (int c = 0; c < s.groupInputs(); c++) {
            for (int i = 0; i < s.kernelH(); i++) {
                for (int j = 0; j < s.kernelW(); j++) {
                    offsets[k++] = c * input.channel() + input.tap(i * s.dilationH(), j * s.dilationW());
                }
            }
        }
        Arrays.fill(offsets, k, offsets.length, offsets[Math.max(0, k - 1)]);
        output = outputPanels(tiles);
        int[] pads = gradientPadding();
        gradient = new PaddedPlanes(
                s.outputs(),
                s.outHeight(),
                s.outWidth(),
                pads[0],
                pads[1],
                1,
                1,
                new int[] {0},
                1,
                s.outHeight() + pads[0] + pads[2],
                s.outWidth() + pads[1] + pads[3]);
        phases = new ArrayList<>();
        boolean gaps = false;
        for (int ph = 0; ph < s.strideH(); ph++) {
            for (int pw = 0; pw < s.strideW(); pw++) {
                gaps |= !addPhase(tiles, ph, pw);
            }
        }
        phasesLeaveGaps = gaps;
        parities = ParityPlan.fits(s, tiles.lanes()) ? new ParityPlan(s, tiles) : null;
    }

    private PixelPanels outputPanels(Tiles tiles) {
        PixelPanels.Builder b = new PixelPanels.Builder(tiles);
        for (int n = 0; n < shape.batch(); n++) {
            for (int h = 0; h < shape.outHeight(); h++) {
                b.row(
                        n * input.image() + h * input.columns(),
                        n * shape.outputs() * shape.outPlane() + h * shape.outWidth(),
                        shape.outWidth(),
                        1);
            }
        }
        return b.build(1);
    }

    /** First padded quotient row of phase {@code p}: pixels start at the padding. */
    private static int firstOf(int p, int pad, int stride) {
        return Math.max(0, (pad - p + stride - 1) / stride);
    }

    /** One past the last quotient row of phase {@code p}. */
    private static int endOf(int p, int pad, int size, int stride) {
        return Math.max(0, (size + pad - p + stride - 1) / stride);
    }

    /** Zeros the gradient needs above, left, below and right so that every phase reads inside. */
    private int[] gradientPadding() {
        ConvShape s = shape;
        int[] v = axisPadding(s.height(), s.outHeight(), s.kernelH(), s.strideH(), s.dilationH(), s.top());
        int[] h = axisPadding(s.width(), s.outWidth(), s.kernelW(), s.strideW(), s.dilationW(), s.left());
        return new int[] {v[0], h[0], v[1], h[1]};
    }

    private static int[] axisPadding(int size, int out, int kernel, int stride, int dilation, int pad) {
        int before = 0;
        int after = 0;
        for (int i = 0; i < kernel; i++) {
            int p = i * dilation % stride;
            int t = i * dilation / stride;
            int q0 = firstOf(p, pad, stride);
            int q1 = endOf(p, pad, size, stride);
            if (q1 > q0) {
                before = Math.max(before, t - q0);
                after = Math.max(after, q1 - 1 - t - (out - 1));
            }
        }
        return new int[] {before, after};
    }

    /** Adds phase (ph, pw) of the input gradient; false when it has pixels but no taps. */
    private boolean addPhase(Tiles tiles, int ph, int pw) {
        ConvShape s = shape;
        int h0 = firstOf(ph, s.top(), s.strideH());
        int h1 = endOf(ph, s.top(), s.height(), s.strideH());
        int w0 = firstOf(pw, s.left(), s.strideW());
        int w1 = endOf(pw, s.left(), s.width(), s.strideW());
        if (h1 <= h0 || w1 <= w0) {
            return true;
        }
        List<int[]> taps = new ArrayList<>();
        for (int i = 0; i < s.kernelH(); i++) {
            for (int j = 0; j < s.kernelW(); j++) {
                if (i * s.dilationH() % s.strideH() == ph && j * s.dilationW() % s.strideW() == pw) {
                    taps.add(new int[] {
                        i * s.kernelW() + j, i * s.dilationH() / s.strideH(), j * s.dilationW() / s.strideW()
                    });
                }
            }
        }
        if (taps.isEmpty()) {
            return false;
        }
        // Offsets must not be negative: count taps from the last, whose pixel comes first.
        int lastH = taps.stream().mapToInt(t -> t[1]).max().orElse(0);
        int lastW = taps.stream().mapToInt(t -> t[2]).max().orElse(0);
        int[] index = taps.stream().mapToInt(t -> t[0]).toArray();
        int[] steps = new int[s.groupOutputs() * index.length];
        for (int k = 0; k < steps.length; k++) {
            int[] t = taps.get(k % index.length);
            steps[k] = k / index.length * gradient.channel() + (lastH - t[1]) * gradient.columns() + lastW - t[2];
        }
        Grid grid = new Grid(
                (h0 - lastH + gradient.top()) * gradient.columns() + w0 - lastW + gradient.left(),
                (h0 * s.strideH() + ph - s.top()) * s.width() + w0 * s.strideW() + pw - s.left(),
                h1 - h0,
                w1 - w0);
        PixelPanels.Builder b = new PixelPanels.Builder(tiles);
        for (int n = 0; n < s.batch(); n++) {
            for (int q = 0; q < grid.rows; q++) {
                int from = n * gradient.image() + grid.source + q * gradient.columns();
                int to = n * s.inputs() * s.height() * s.width() + grid.target + q * s.strideH() * s.width();
                b.row(from, to, grid.columns, s.strideW());
            }
        }
        phases.add(new Phase(index, steps, b.build(s.strideW()), grid));
        return true;
    }
}
