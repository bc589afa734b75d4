package org.lrcc.engine.cpu;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Gradients of the two factors of a low-rank convolution (see {@link org.lrcc.engine.spi.LowRankGradients}) in one pass over the input and the output's gradient, a few rows of
 * pixels at a time: with D the gradient of the output there, G = U^T D, Z = V X, dU += D Z^T, dV += G X^T.
 *
 * <p>X is not the im2col matrix, but its rows for (channel, kernel row) only: kernel columns are taken on the small side. For Z the product of V, as {@code [kernel columns times rank]
 * [rows of X]}, with X gives a few rows for each kernel column, which are added where the column puts them; for dV it is G that is moved. So the large operands are read as they lie, once a chunk,
 * and X is k times smaller than an im2col matrix. With a stride there is one such X for each remainder of columns ({@link FactorPhase}).
 *
 * <p>Order of sums: pixels in chunks of fixed bounds; the chunks are cut into a number of parts that depends on the shape alone, each part summed on its own and the parts added in order.
 */
final class FactorGradients {
    /** Pixels of a chunk: panels of the small operands then fit L1, all others L2. */
    private static final int MAX_PIXELS = 256;

    private static final int MAX_PARTS = 8;

    /** Chunks there should be at least, so that the threads end together. */
    private static final int MIN_CHUNKS = 4;

    /** Steps of a product between two visits to its tile. */
    private static final int MAX_DEPTH = 256;

    /** Floats of the sums of a part, at most: with more, the rank is no longer low. */
    static final long MAX_SUMS = 400_000;

    private final ThreadPool pool;
    private final Tiles tiles;

    FactorGradients(ThreadPool pool, Tiles tiles) {
        this.pool = pool;
        this.tiles = tiles;
    }

    /** Whether the sums are small enough for a copy a part. */
    static boolean fits(ConvShape s, int rank, int blocks) {
        long pairs = (long) s.inputs() * s.kernelH() / blocks;
        return s.outputs() * (long) rank * blocks + pairs * rank * s.kernelW() <= MAX_SUMS
                && s.strideW() <= Math.max(1, s.width());
    }

    /** Arguments of a run. */
    @SuppressWarnings("ArrayRecordComponent") // a bundle of arguments, never compared
    record Operands(float[] x, int xo, float[] dy, int dyo, float[] u, int uo, float[] v, int vo, float scale) {}

    /** Where a gradient goes. */
    @SuppressWarnings("ArrayRecordComponent") // a bundle of arguments, never compared
    record Target(float[] values, int offset) {}

    void run(ConvShape s, int rank, int blocks, Operands in, @Nullable Target du, @Nullable Target dv) {
        new Run(s, rank, blocks, in, du != null, dv != null).run(du, dv);
    }

    private final class Run {
        final ConvShape s;
        final int rank;
        final int blocks;
        final Operands in;
        final FactorCopies copies;
        final boolean wantsU;
        final boolean wantsV;
        final List<FactorPhase> phases;
        final int mr = tiles.rows();
        final int nr = tiles.columns();
        final int outputs;
        /** Rows of X in a block: (channel, kernel row). */
        final int pairs;
        /** Rows of G and Z. */
        final int between;

        final int rowsPerChunk;
        final int chunks;
        final int parts;
        /** Floats from row to row of D, G and Z; of X and what is made of it. */
        final int ld;

        final int ldx;
        final int mostTaps;
        /** Packed U^T and V. */
        final float[] left;

        final int[] leftV;
        /** Floats of a part's sums: those of U, then those of V by phase. */
        final int[] sumsV;

        final int sums;

        Run(ConvShape s, int rank, int blocks, Operands in, boolean wantsU, boolean wantsV) {
            this.s = s;
            this.rank = rank;
            this.blocks = blocks;
            this.in = in;
            copies = new FactorCopies(s, tiles, in);
            this.wantsU = wantsU;
            this.wantsV = wantsV;
            phases = FactorPhase.of(s);
            outputs = s.outputs();
            pairs = s.inputs() * s.kernelH() / blocks;
            between = rank * blocks;
            int rows = s.batch() * s.outHeight();
            int most = Math.max(1, MAX_PIXELS / Math.max(s.outWidth(), widest()));
            int wanted = Math.max((rows + most - 1) / most, Math.min(rows, MIN_CHUNKS));
            rowsPerChunk = (rows + wanted - 1) / wanted;
            chunks = (rows + rowsPerChunk - 1) / rowsPerChunk;
            parts = Math.min(MAX_PARTS, chunks);
            ld = Ranges.ceil(rowsPerChunk * s.outWidth(), nr);
            ldx = Ranges.ceil(rowsPerChunk * widest(), nr);
            mostTaps = phases.stream().mapToInt(p -> p.taps().length).max().orElse(0);
            sumsV = new int[phases.size()];
            leftV = new int[phases.size()];
            int sum = wantsU ? sumFloats(outputs, between) : 0;
            int packed = wantsV ? Ranges.ceil(between, mr) * outputs : 0;
            for (int f = 0; f < phases.size(); f++) {
                int columns = phases.get(f).taps().length * rank;
                sumsV[f] = sum;
                leftV[f] = packed;
                sum += wantsV ? sumFloats(pairs, columns) : 0;
                packed += wantsU ? Ranges.ceil(columns, mr) * pairs : 0;
            }
            sums = sum;
            left = Workspace.take(Purpose.LEFT, packed);
        }

        private int widest() {
            return phases.stream().mapToInt(FactorPhase::count).max().orElse(0);
        }

        private int sumFloats(int rows, int columns) {
            return Ranges.ceil(rows, mr) * Ranges.ceil(columns, nr);
        }

        void run(@Nullable Target du, @Nullable Target dv) {
            pack();
            float[] partial = Workspace.take(Purpose.PARTIAL, (long) (parts + 1) * sums);
            pool.run(parts, part -> {
                int c0 = part * chunks / parts;
                for (int c = c0; c < (part + 1) * chunks / parts; c++) {
                    addChunk(c, partial, part * sums, c > c0);
                }
            });
            int total = parts * sums;
            GradientPanels.addParts(pool, tiles, partial, sums, parts, partial, total);
            if (du != null) {
                for (int m = 0; m < outputs; m++) {
                    for (int q = 0; q < between; q++) {
                        du.values[du.offset + m * between + q] = partial[total + tile(m, q, between)];
                    }
                }
            }
            if (dv != null) {
                writeV(partial, total, dv);
            }
        }

        /** Where the sum of a row and a column lies among tiles. */
        private int tile(int row, int column, int columns) {
            return (row / mr * (Ranges.ceil(columns, nr) / nr) + column / nr) * mr * nr + row % mr * nr + column % nr;
        }

        private void writeV(float[] sum, int from, Target dv) {
            int row = pairs * s.kernelW();
            Arrays.fill(dv.values, dv.offset, dv.offset + rank * row, 0f);
            for (int f = 0; f < phases.size(); f++) {
                int[] taps = phases.get(f).taps();
                for (int i = 0; i < taps.length * rank; i++) {
                    int to = dv.offset + i % rank * row + taps[i / rank];
                    for (int p = 0; p < pairs; p++) {
                        float value = sum[from + sumsV[f] + tile(p, i, taps.length * rank)];
                        dv.values[to + p * s.kernelW()] = in.scale * value;
                    }
                }
            }
        }

        /** U^T as {@code [blocks of rows][outputs][mr]}, V by phase as {@code [blocks of rows (tap, rank)][pairs][mr]}, scaled. */
        private void pack() {
            if (wantsV) {
                for (int q = 0; q < Ranges.ceil(between, mr); q++) {
                    int to = q / mr * mr * outputs + q % mr;
                    for (int m = 0; m < outputs; m++) {
                        left[to + m * mr] = q < between ? in.u[in.uo + m * between + q] : 0f;
                    }
                }
            }
            for (int f = 0; wantsU && f < phases.size(); f++) {
                int[] taps = phases.get(f).taps();
                for (int i = 0; i < Ranges.ceil(taps.length * rank, mr); i++) {
                    int to = leftV[f] + i / mr * mr * pairs + i % mr;
                    boolean inside = i < taps.length * rank;
                    int from = inside ? in.vo + i % rank * pairs * s.kernelW() + taps[i / rank] : 0;
                    for (int p = 0; p < pairs; p++) {
                        left[to + p * mr] = inside ? in.scale * in.v[from + p * s.kernelW()] : 0f;
                    }
                }
            }
        }

        private void addChunk(int chunk, float[] sum, int to, boolean add) {
            int row = chunk * rowsPerChunk;
            int rows = Math.min(rowsPerChunk, s.batch() * s.outHeight() - row);
            int pixels = rows * s.outWidth();
            float[] d = Workspace.take(Purpose.GRADIENT, (long) outputs * ld);
            copies.gradient(row, rows, d, ld);
            int z = Ranges.ceil(between, mr) * ld;
            int wide = 2 * z;
            int turned = wide + Ranges.ceil(mostTaps * rank, mr) * ldx;
            float[] work = Workspace.take(Purpose.TRANSFORMED, turned + (long) Ranges.ceil(rank, nr) * ld + nr);
            if (wantsV) {
                product(0, between, outputs, d, ld, pixels, work, 0, ld);
            }
            Arrays.fill(work, z, z + between * ld, 0f);
            float[] x = Workspace.take(Purpose.ROWS, (long) pairs * ldx);
            for (int b = 0; b < blocks; b++) {
                if (wantsV) {
                    turn(work, b * rank * ld, pixels, turned);
                }
                for (int f = 0; f < phases.size(); f++) {
                    FactorPhase phase = phases.get(f);
                    copies.input(b * pairs, pairs, phase, row, rows, x, ldx);
                    if (wantsU) {
                        int columns = phase.taps().length * rank;
                        product(leftV[f], columns, pairs, x, ldx, rows * phase.count(), work, wide, ldx);
                        gather(phase, rows, work, wide, z + b * rank * ld);
                    }
                    if (wantsV) {
                        addV(phase, rows, x, work, turned, new Sums(sum, to + sumsV[f], add || b > 0));
                    }
                }
            }
            if (wantsU) {
                addU(d, work, z, pixels, new Sums(sum, to, add));
            }
        }

        /** A block's rows of G as {@code [panel of ranks][pixel][column]}. */
        private void turn(float[] work, int g, int pixels, int to) {
            for (int r = 0; r < rank; r += nr) {
                tiles.packTransposed(work, g + r * ld, ld, Math.min(nr, rank - r), pixels, work, to + r * ld);
            }
        }

        /** {@code out = left * b}, by panels of columns; left at {@code lo} is {@code [rows][depth]}, packed. */
        private void product(
                int lo, int rows, int depth, float[] b, int ldb, int columns, float[] out, int to, int ldo) {
            float[] panel = Workspace.take(Purpose.PANELS, panelFloats());
            int height = Ranges.ceil(rows, mr);
            float[] c = Workspace.take(Purpose.TILES, (long) height * nr);
            for (int j = 0; j < columns; j += nr) {
                for (int k = 0; k < depth; k += MAX_DEPTH) {
                    int kc = Math.min(MAX_DEPTH, depth - k);
                    tiles.copyRows(b, k * ldb + j, ldb, panel, 0, kc);
                    for (int i = 0; i < height; i += mr) {
                        tiles.multiply(mr, kc, left, lo + i * depth + k * mr, panel, 0, c, i * nr, k > 0);
                    }
                }
                for (int i = 0; i < rows; i++) {
                    System.arraycopy(c, i * nr, out, to + i * ldo + j, nr);
                }
            }
        }

        /** Adds the products of each tap, {@code [tap, rank][row, column of the phase]}, to Z. */
        private void gather(FactorPhase phase, int rows, float[] work, int from, int z) {
            for (int t = 0; t < phase.taps().length; t++) {
                int begin = phase.begin(t);
                int n = phase.end(t, s.outWidth()) - begin;
                for (int r = 0; n > 0 && r < rank; r++) {
                    int source = from + (t * rank + r) * ldx + begin + phase.shifts()[t];
                    int to = z + r * ld + begin;
                    for (int i = 0; i < rows; i++) {
                        tiles.store(work, source + i * phase.count(), work, to + i * s.outWidth(), n, 1f);
                    }
                }
            }
        }

        /** Adds {@code X G^T}, G being where each tap reads, to tiles {@code [pair][tap, rank]}. */
        private void addV(FactorPhase phase, int rows, float[] x, float[] work, int turned, Sums to) {
            int columns = phase.taps().length * rank;
            int depth = rows * phase.count();
            float[] panel = Workspace.take(Purpose.PANELS, panelFloats());
            for (int j = 0; j < columns; j += nr) {
                int last = Math.min(columns, j + nr);
                Arrays.fill(panel, 0, depth * nr, 0f);
                for (int c = j; c < last; ) {
                    int r = c % rank;
                    int slice = r / nr;
                    int n = Math.min(Math.min(last - c, rank - r), nr - r % nr);
                    movePixels(phase, c / rank, rows, work, turned + slice * ld * nr, r % nr, n, panel, c - j);
                    c += n;
                }
                addPanel(x, ldx, pairs, panel, depth, j / nr, Ranges.ceil(columns, nr) / nr, to);
            }
        }

        private void movePixels(
                FactorPhase phase,
                int tap,
                int rows,
                float[] work,
                int slice,
                int first,
                int n,
                float[] panel,
                int column) {
            int begin = phase.begin(tap);
            int count = phase.end(tap, s.outWidth()) - begin;
            int shifted = begin + phase.shifts()[tap];
            for (int i = 0; count > 0 && i < rows; i++) {
                int source = slice + first + (i * s.outWidth() + begin) * nr;
                // Behind the last of a panel's ranks are zeros; behind one that begins within the panel lies the next
                // pixel, which is not for this tap.
                boolean more = first == 0;
                tiles.copyColumns(work, source, count, n, panel, (i * phase.count() + shifted) * nr, column, more);
            }
        }

        /** Adds {@code D Z^T} to tiles {@code [output][block, rank]}. */
        private void addU(float[] d, float[] work, int z, int pixels, Sums to) {
            float[] panel = Workspace.take(Purpose.PANELS, panelFloats());
            for (int j = 0; j < between; j += nr) {
                tiles.packTransposed(work, z + j * ld, ld, Math.min(nr, between - j), pixels, panel, 0);
                addPanel(d, ld, outputs, panel, pixels, j / nr, Ranges.ceil(between, nr) / nr, to);
            }
        }

        /** Adds the product of rows of {@code a} and a panel, a sum over {@code depth} pixels, to the panel's tiles. */
        private void addPanel(float[] a, int lda, int rows, float[] panel, int depth, int number, int panels, Sums to) {
            int[] offsets = Workspace.indices(Ranges.ceil(rows, mr));
            for (int i = 0; i < Ranges.ceil(rows, mr); i++) {
                offsets[i] = Math.min(i, rows - 1) * lda;
            }
            for (int i = 0; i < rows; i += mr) {
                int tile = to.offset + (i / mr * panels + number) * mr * nr;
                tiles.multiplyRows(depth, a, 0, offsets, i, panel, 0, to.values, tile, to.add);
            }
        }

        /** Floats of the panel buffer: a panel of every product, and a vector more. */
        private long panelFloats() {
            return (long) (Math.max(MAX_DEPTH, Math.max(ld, ldx)) + 1) * nr;
        }
    }

    /** Where sums go, and whether they are added. */
    @SuppressWarnings("ArrayRecordComponent") // a bundle of arguments, never compared
    private record Sums(float[] values, int offset, boolean add) {}
}
