package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.FactorGradients.Operands;
import org.lrcc.engine.cpu.FactorGradients.Target;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * What {@link FactorGradients} computes, for 3x3 kernels, stride 1 and one column of padding on the left, with the rank in the lanes of vectors: G = U^T D, Z = V X, dU += D Z^T, dV += G X^T, a few rows of an image at a time
 * ({@link RowWinogradChunk}).
 *
 * <p>Kernel columns go by Winograd's F(4, 3) in one dimension: a row of four outputs reads six values of X, which are transformed once, used for Z and for dV alike, and take 6 products where direct
 * taps take 12. Kernel rows are an offset into the transformed rows, blocks of V whole (channel, kernel row) pairs, so nothing of X is held twice and no product is half empty. G and Z are transformed
 * too, which costs little: they have a row for each rank, not for each channel. D is read where it lies, once for G and once, from L2, for dU.
 *
 * <p>Order of sums as in {@link FactorGradients}.
 */
final class RowWinogradFactors {
    private static final int VALUES = RankTiles.VALUES;

    private final ThreadPool pool;
    private final Tiles tiles;
    private final RankTiles ranks;

    RowWinogradFactors(ThreadPool pool, Tiles tiles, RankTiles ranks) {
        this.pool = pool;
        this.tiles = tiles;
        this.ranks = ranks;
    }

    /** Whether there are such gradients of this convolution. */
    static boolean fits(ConvShape s) {
        return s.kernelH() == 3
                && s.kernelW() == 3
                && s.strideH() == 1
                && s.strideW() == 1
                && s.dilationH() == 1
                && s.dilationW() == 1
                && s.left() == 1
                && s.outPlane() >= RankLayout.LEAST_PIXELS;
    }

    /** Sets what the layout, of as many lanes as the loops have, says is wanted; the other target is null. */
    void run(RankLayout l, Operands in, @Nullable Target du, @Nullable Target dv) {
        float[] left = Workspace.take(Purpose.LEFT, l.leftFloats());
        if (dv != null) {
            packU(l, in, left);
        }
        if (du != null) {
            packV(l, in, left);
        }
        float[] partial = Workspace.take(Purpose.PARTIAL, (long) l.parts * l.sums);
        pool.run(l.parts, part -> {
            int c0 = part * l.chunks / l.parts;
            int c1 = (part + 1) * l.chunks / l.parts;
            for (int c = c0; c < c1; c++) {
                boolean begins = c == c0 || c % l.chunksPerImage == 0;
                boolean ends = c == c1 - 1 || (c + 1) % l.chunksPerImage == 0;
                new RowWinogradChunk(l, ranks, in, left, c).add(partial, part * l.sums, c > c0, begins, ends);
            }
        });
        GradientPanels.addParts(pool, tiles, partial, l.sums, l.parts, partial, 0);
        if (du != null) {
            writeU(l, partial, du);
        }
        if (dv != null) {
            writeV(l, in.scale(), partial, dv);
        }
    }

    /** U as {@code [slice][output][rank]}. */
    private static void packU(RankLayout l, Operands in, float[] left) {
        Arrays.fill(left, 0, l.leftV, 0f);
        int columns = l.blocks * l.rank;
        for (int q = 0; q < columns; q++) {
            int to = l.slice(q) * l.outputs * l.lanes + l.lane(q);
            for (int m = 0; m < l.outputs; m++) {
                left[to + m * l.lanes] = in.u()[in.uo() + m * columns + q];
            }
        }
    }

    /** V, scaled and transformed: see {@link RankLayout#leftV}. */
    private static void packV(RankLayout l, Operands in, float[] left) {
        int value = l.slices * l.pairs * l.lanes;
        Arrays.fill(left, l.leftV, l.leftV + VALUES * value, 0f);
        float[] v = in.v();
        int group = l.leftRanks();
        for (int r = 0; r < l.rank; r++) {
            int from = in.vo() + r * l.pairs * 3;
            int to = l.leftV + r / group * l.pairs * group + r % group;
            for (int p = 0; p < l.pairs; p++) {
                float g0 = in.scale() * v[from + 3 * p];
                float g1 = in.scale() * v[from + 3 * p + 1];
                float g2 = in.scale() * v[from + 3 * p + 2];
                int at = to + p * group;
                left[at] = g0;
                left[at + value] = (g0 + g2 + g1) * (1f / 6);
                left[at + 2 * value] = (g0 + g2 - g1) * (1f / 6);
                left[at + 3 * value] = (g0 + 0.5f * g1 + 0.25f * g2) * (-16f / 15);
                left[at + 4 * value] = (g0 - 2f * g1 + 4f * g2) * (1f / 30);
                left[at + 5 * value] = g2;
            }
        }
    }

    private static void writeU(RankLayout l, float[] sum, Target du) {
        int columns = l.blocks * l.rank;
        for (int q = 0; q < columns; q++) {
            int at = l.slice(q) * l.outputRows * l.lanes + l.lane(q);
            for (int m = 0; m < l.outputs; m++) {
                du.values()[du.offset() + m * columns + q] = sum[at + m * l.lanes];
            }
        }
    }

    private static void writeV(RankLayout l, float scale, float[] sum, Target dv) {
        float[] out = dv.values();
        Arrays.fill(out, dv.offset(), dv.offset() + l.rank * l.pairs * 3, 0f);
        for (int b = 0; b < (l.single() ? l.blocks : 1); b++) {
            for (int r = 0; r < l.rank; r++) {
                int to = dv.offset() + r * l.pairs * 3;
                for (int p = 0; p < l.pairs; p++) {
                    addTaps(l, scale, sum, l.sumsV + l.sumV(b, r, p), out, to + 3 * p);
                }
            }
        }
    }

    /** The way back from a pair's transformed gradient to that of its three columns. */
    private static void addTaps(RankLayout l, float scale, float[] sum, int at, float[] out, int to) {
        float m1 = sum[at + l.valueV];
        float m2 = sum[at + 2 * l.valueV];
        float m3 = sum[at + 3 * l.valueV];
        float m4 = sum[at + 4 * l.valueV];
        out[to] += scale * (sum[at] + (m1 + m2) + (m3 + m4));
        out[to + 1] += scale * ((m1 - m2) + 0.5f * m3 - 2f * m4);
        out[to + 2] += scale * ((m1 + m2 + sum[at + 5 * l.valueV]) + 0.25f * m3 + 4f * m4);
    }
}
