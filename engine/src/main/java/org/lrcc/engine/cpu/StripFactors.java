package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.FactorGradients.Operands;
import org.lrcc.engine.cpu.FactorGradients.Target;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * What {@link FactorGradients} computes, with pixels in the lanes of vectors everywhere: G = U^T D, Z = V X, dU += D Z^T, dV += G X^T, a few rows of an image or a few small images at a time
 * ({@link StripChunk}).
 *
 * <p>X is split once by the stride into strips ({@link StripInput}): a row of the im2col matrix is then a place in a strip, so it is read where it lies, for Z and for dV alike. dU and dV are products of rows with
 * rows, whose lanes are added once a chunk; so no tile is half empty at a rank of 8, and neither G nor Z is turned.
 *
 * <p>ResNet18's strided layers at rank 8 take 0.53 to 0.84 of the time, to 512 channels 0.8 to 1.06, of {@link FactorGradients} (bench/results/rank8-2026-11-30.md). At ranks of 16 and 48, which fill its tiles, they take 0.8 to 1.27, and 0.42 for a 7x7 kernel over three channels.
 *
 * <p>Order of sums: pixels by lane in chunks of fixed bounds; parts as in {@link FactorGradients}.
 */
final class StripFactors {
    /** Floats of a vector at most: a tile's sums fill whole ones. */
    static final int MOST_LANES = 8;

    private static final int START = Workspace.START;
    private static final int RANKS = StripLayout.RANKS;

    private final ThreadPool pool;
    private final Tiles tiles;
    private final RankTiles products;

    StripFactors(ThreadPool pool, Tiles tiles, RankTiles products) {
        this.pool = pool;
        this.tiles = tiles;
        this.products = products;
    }

    /** Sets what the layout says is wanted; the other target is null. */
    void run(StripLayout l, Operands in, @Nullable Target du, @Nullable Target dv) {
        float[] left = Workspace.take(Purpose.LEFT, l.leftFloats());
        if (l.rank % RANKS != 0) {
            Arrays.fill(left, START, START + l.leftFloats(), 0f);
        }
        if (dv != null) {
            packU(l, in, left);
        }
        if (du != null) {
            packV(l, in, left);
        }
        float[] partial = Workspace.take(Purpose.PARTIAL, (long) (l.parts + 1) * l.sums);
        pool.run(l.parts, part -> {
            int c0 = part * l.chunks / l.parts;
            for (int c = c0; c < (part + 1) * l.chunks / l.parts; c++) {
                new StripChunk(l, tiles, products, in, left, c).add(partial, part * l.sums, c > c0);
            }
        });
        int total = l.parts * l.sums;
        GradientPanels.addParts(pool, tiles, partial, l.sums, l.parts, partial, total);
        if (du != null) {
            writeU(l, partial, total, du);
        }
        if (dv != null) {
            writeV(l, in.scale(), partial, total + l.sumsV, dv);
        }
    }

    /** U as {@code [four of (block, rank)][output][4]}. */
    private static void packU(StripLayout l, Operands in, float[] left) {
        int row = l.blocks * l.rank;
        for (int b = 0; b < l.blocks; b++) {
            for (int r = 0; r < l.rank; r++) {
                int q = b * l.ranks + r;
                int to = START + q / RANKS * RANKS * l.outputs + q % RANKS;
                int from = in.uo() + b * l.rank + r;
                for (int m = 0; m < l.outputs; m++) {
                    left[to + m * RANKS] = in.u()[from + m * row];
                }
            }
        }
    }

    /** V, scaled, as {@code [four ranks][tap][4]}. */
    private void packV(StripLayout l, Operands in, float[] left) {
        int r = 0;
        for (; r + RANKS <= l.rank; r += RANKS) {
            int from = in.vo() + r * l.taps;
            tiles.packFourRows(in.v(), from, l.taps, in.scale(), l.taps, left, START + l.leftV + r * l.taps);
        }
        for (; r < l.rank; r++) {
            int to = START + l.leftV + r / RANKS * RANKS * l.taps + r % RANKS;
            int from = in.vo() + r * l.taps;
            for (int t = 0; t < l.taps; t++) {
                left[to + t * RANKS] = in.scale() * in.v()[from + t];
            }
        }
    }

    private static void writeU(StripLayout l, float[] sum, int from, Target du) {
        int row = l.blocks * l.rank;
        int columns = l.blocks * l.ranks;
        for (int b = 0; b < l.blocks; b++) {
            for (int r = 0; r < l.rank; r++) {
                int q = b * l.ranks + r;
                int at = from + StripLayout.sumOf(0, q, l.outputs, columns);
                int step = StripLayout.sumStep(q, columns);
                int to = du.offset() + b * l.rank + r;
                for (int m = 0; m < l.outputs; m++) {
                    du.values()[to + m * row] = sum[at + (m >> 1) * step + (m & 1) * RANKS];
                }
            }
        }
    }

    private static void writeV(StripLayout l, float scale, float[] sum, int from, Target dv) {
        for (int r = 0; r < l.rank; r++) {
            int at = from + StripLayout.sumOf(0, r, l.taps, l.ranks);
            int step = StripLayout.sumStep(r, l.ranks);
            int to = dv.offset() + r * l.taps;
            for (int t = 0; t < l.taps; t++) {
                dv.values()[to + t] = scale * sum[at + (t >> 1) * step + (t & 1) * RANKS];
            }
        }
    }

    /** Whether it is the way to compute gradients, of strided convolutions and of 1x1 kernels: others have not been measured. */
    static boolean fits(ConvShape s, int lanes) {
        return lanes <= MOST_LANES && (s.strideH() * s.strideW() > 1 || s.kernel() == 1);
    }
}
