package org.lrcc.engine.cpu;

import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.spi.LowRankGradients;
import org.lrcc.engine.tensor.Shape;

/**
 * What the vector kernels take, in nanoseconds of one core: {@link AlgorithmModel} for the products of whichever algorithm a convolution uses, and the memory that is passed
 * over beside them. Rates were fitted to the measured passes of ResNet18's layers and of their low-rank parts (kept under {@code bench/results}).
 */
final class CpuCosts implements KernelCosts {
    /** Nanoseconds to begin a kernel on all threads and to wait for the last, as one core's time. */
    private static final double CALL = 20_000;

    /** Nanoseconds to read or write a float in a pass of its own. */
    private static final double MOVE = 0.2;

    /** Nanoseconds to write a float of a product's result. */
    private static final double STORE = 0.4;

    /** Nanoseconds to pack a float of the right operand of a direct product, once for all rows. */
    private static final double PACK = 0.09;

    /** Nanoseconds to pack a float of the left operand of a matrix product. */
    private static final double PACK_LEFT = 0.5;

    /** Nanoseconds to split a float of the input of a strided convolution by phase, or to spread one of its gradient. */
    private static final double SPLIT = 1;

    /** What passes take on two cores over what {@link AlgorithmModel}'s rates of one say: memory is shared. */
    private static final double DIRECT = 1.1;

    private static final double WINOGRAD = 1.35;
    private static final double WINOGRAD_WEIGHTS = 1.55;

    /**
     * {@link StridedConvolution}, fitted to ResNet18's three layers at 512 bits: what two cores take over the rate of one; nanoseconds to turn a float of the input and of the output, and to pack
     * one of the weights, in a forward pass; and those of an input gradient.
     */
    private static final double STRIDED = 1.05;

    private static final double TURN = 0.21;
    private static final double TURN_WEIGHTS = 1.2;
    private static final double TURN_GRADIENT = 0.4;
    private static final double TURN_GRADIENT_WEIGHTS = 1.7;

    private static final int LANES_OF_256_BITS = 8;

    /** Nanoseconds of {@link FactorGradients} whatever the shape. */
    private static final double FUSED = 240_000;

    /** What its products take over what the rates say: their tiles are small, and a third of the columns is often empty. */
    private static final double FUSED_PRODUCTS = 1.25;

    /** Nanoseconds to copy or pack a float of its operands; to copy one from between others, where the convolution strides; to add, turn and write a float of its result. */
    private static final double FUSED_MOVE = 0.12;

    private static final double FUSED_SPLIT = 0.7;
    private static final double FUSED_SUM = 30;

    /**
     * {@link RowWinogradFactors}, fitted at 256 bits to 52 shapes and ranks of ResNet18's layers (bench/results/rank8-2026-11-30.md), on the scale of the other prices: operations a nanosecond, all work on X, G and Z included; nanoseconds
     * to fetch a float of D, and for each of a chunk's sums.
     */
    private static final double ROWS_RATE = 58;

    private static final double ROWS_D = 0.34;
    private static final double ROWS_SUMS = 0.27;

    /**
     * {@link StripFactors}, fitted at 256 bits to ResNet18's strided layers (bench/results/rank8-2026-11-30.md): operations a nanosecond; nanoseconds to split a float of X and to begin one of its rows, to copy
     * a float of D, for each of a chunk's sums, and to pack and write one of the result; what they take whatever the shape; and a factor that brings all to the scale of the other prices.
     */
    private static final double STRIPS_RATE = 62;

    private static final double STRIPS_X = 0.7;
    private static final double STRIPS_ROW = 6;
    private static final double STRIPS_D = 0.4;
    private static final double STRIPS_SUMS = 1.5;
    private static final double STRIPS_RESULT = 8;
    private static final double STRIPS_CALL = 60_000;
    private static final double STRIPS = 1.2;

    /**
     * At 256 bits, fitted to the plans of low-rank layers (bench/results/low-rank-plans-2026-11-30.md): what the thin convolutions of their factors take over the rates, those of an image's three channels in every pass
     * and weight gradients of few channels; what products of few terms, rows or columns take of their price; and {@link #FUSED} there.
     */
    private static final double THIN_IMAGE = 1.6;

    private static final double THIN_WEIGHTS = 1.3;
    private static final double SKINNY = 0.5;
    private static final double FUSED_256 = 120_000;

    /** Channels of a thin convolution at most, and of an image's. */
    private static final int THIN = 32;

    private static final int THIN_OF_IMAGE = 40;

    private final AlgorithmModel model;
    private final boolean fitted;

    CpuCosts(AlgorithmModel model) {
        this.model = model;
        fitted = model.columns() / 2 == LANES_OF_256_BITS;
    }

    private double fused() {
        return fitted ? FUSED_256 : FUSED;
    }

    /** What a convolution of few channels takes over the rates. */
    private double thin(ConvShape s, ConvPass pass) {
        if (!fitted) {
            return 1;
        }
        if (s.inputs() < 4) {
            return s.outputs() <= THIN_OF_IMAGE ? THIN_IMAGE : 1;
        }
        return pass == ConvPass.WEIGHT_GRADIENT && Math.min(s.inputs(), s.outputs()) <= THIN ? THIN_WEIGHTS : 1;
    }

    @Override
    public double conv2d(ConvPass pass, Shape x, Shape w, ConvGeometry geometry) {
        ConvShape s = ConvShape.of(x, w, geometry);
        if (model.runsStrided(s, pass)) {
            return CALL + strided(s, pass);
        }
        if (!model.prefersWinograd(s, pass)) {
            return CALL + direct(s, pass) * thin(s, pass);
        }
        double shared = pass == ConvPass.WEIGHT_GRADIENT ? WINOGRAD_WEIGHTS : WINOGRAD;
        return CALL + model.winograd(s, pass) * shared * thin(s, pass);
    }

    private double strided(ConvShape s, ConvPass pass) {
        double turned = (double) s.batch() * (s.inputs() * s.height() * s.width() + s.outputs() * s.outPlane());
        double weights = (double) s.inputs() * s.outputs() * s.kernel();
        double moved = pass == ConvPass.FORWARD
                ? turned * TURN + weights * TURN_WEIGHTS
                : turned * TURN_GRADIENT + weights * TURN_GRADIENT_WEIGHTS;
        return model.strided(s) * STRIDED + moved;
    }

    private double direct(ConvShape s, ConvPass pass) {
        double in = (double) s.batch() * s.inputs() * s.height() * s.width();
        double out = (double) s.batch() * s.outputs() * s.outPlane();
        double columns = (double) s.batch() * s.outPlane() * s.inputs() * s.kernel();
        boolean strided = s.strideH() * s.strideW() > 1;
        double split = strided ? SPLIT * (s.kernel() == 1 ? 0.5 : 1) : MOVE;
        double moved = switch (pass) {
            case FORWARD -> columns * PACK + in * (s.kernel() == 1 ? MOVE : split) + out * STORE;
            case INPUT_GRADIENT -> out * s.kernel() * PACK + out * MOVE + in * (strided ? split : STORE);
            case WEIGHT_GRADIENT -> (out + columns / 4) * PACK + in * (s.kernel() == 1 ? MOVE : split);
        };
        return model.direct(s, pass) * model.share(s, pass) * DIRECT + moved;
    }

    @Override
    public double lowRankGradients(LowRankGradients.Problem problem, boolean wantsU, boolean wantsV) {
        ConvShape s = CpuLowRankGradients.shape(problem);
        if (!FactorGradients.fits(s, problem.rank(), problem.blocks())) {
            return Double.POSITIVE_INFINITY;
        }
        return factors(s, problem.rank(), problem.blocks(), wantsU, wantsV).price();
    }

    /**
     * The way to gradients of factors: {@link StripFactors} at 256 bits, where they were measured, if {@link FactorGradients} would leave columns of their tiles empty or cost more; else the cheaper one of
     * {@link RowWinogradFactors} and {@link FactorGradients}.
     */
    FactorChoice factors(ConvShape s, int rank, int blocks, boolean wantsU, boolean wantsV) {
        int lanes = model.columns() / 2;
        if (fitted && StripFactors.fits(s, lanes)) {
            StripLayout layout = new StripLayout(s, rank, blocks, wantsU, wantsV);
            double price = strips(layout);
            // Each call asks: the other price only where it decides.
            if (rank < model.columns() || price < factorGradients(s, rank, blocks, wantsU, wantsV)) {
                return new FactorChoice.Strips(layout, price);
            }
        }
        double direct = factorGradients(s, rank, blocks, wantsU, wantsV);
        if (fitted && RowWinogradFactors.fits(s)) {
            RankLayout layout = new RankLayout(s, rank, blocks, lanes, wantsU, wantsV);
            double price = rowWinograd(layout);
            if (layout.sums <= FactorGradients.MAX_SUMS && price < direct) {
                return new FactorChoice.Rows(layout, price);
            }
        }
        return new FactorChoice.Direct(direct);
    }

    private static double strips(StripLayout l) {
        ConvShape s = l.s;
        double pixels = (double) s.batch() * s.outPlane();
        double rows = (double) s.batch() * s.inputs() * (s.outHeight() + l.extra) * l.firstRow.length;
        int passes = (l.wantsU ? 1 : 0) + (l.wantsV ? 1 : 0);
        double flops = 2.0 * passes * pixels * l.blocks * l.ranks * (l.outputs + l.taps);
        double pass = flops / STRIPS_RATE
                + rows * (s.width() * STRIPS_X + STRIPS_ROW)
                + pixels * l.outputs * STRIPS_D
                + (double) l.chunks * l.sums * STRIPS_SUMS;
        return STRIPS_CALL + STRIPS * pass + l.sums * STRIPS_RESULT;
    }

    private double rowWinograd(RankLayout l) {
        double fetched = (double) l.s.batch() * l.s.outPlane() * l.outputs;
        double sums = (l.wantsU ? (double) l.outputs * l.blocks * l.rank : 0)
                + (l.wantsV ? (double) l.pairs * l.s.kernelW() * l.rank : 0);
        double pass = (l.flopsX() + l.flopsD()) / ROWS_RATE + fetched * ROWS_D;
        return fused() + pass + (double) l.chunks * l.sums * ROWS_SUMS + sums * FUSED_SUM;
    }

    /** {@link FactorGradients}: four products a chunk, copies of its operands, and the sums of its parts. */
    private double factorGradients(ConvShape s, int rank, int blocks, boolean wantsU, boolean wantsV) {
        long rows = (long) s.batch() * s.outHeight();
        long pixels = rows * s.outWidth();
        int between = rank * blocks;
        long pairs = (long) s.inputs() * s.kernelH() / blocks;
        boolean strided = s.strideH() * s.strideW() > 1;
        double products = wantsU ? model.sums(s.outputs(), between, pixels) : 0;
        products += wantsV ? model.product(between, pixels, s.outputs()) : 0;
        double moved = pixels * (double) s.outputs() * 2;
        double split = 0;
        for (FactorPhase phase : FactorPhase.of(s)) {
            int columns = phase.taps().length * rank;
            long inner = rows * phase.count();
            products += wantsU ? blocks * model.product(columns, inner, pairs) : 0;
            products += wantsV ? blocks * model.sums(pairs, columns, inner) : 0;
            moved += blocks * inner * (2.0 * pairs + 4.0 * columns);
            split += strided ? (double) blocks * inner * pairs : 0;
        }
        double sums = (wantsU ? (double) s.outputs() * between : 0) + (wantsV ? pairs * s.kernelW() * rank : 0.0);
        return fused() + products * FUSED_PRODUCTS + moved * FUSED_MOVE + split * FUSED_SPLIT + sums * FUSED_SUM;
    }

    @Override
    public double gemm(int m, int n, int k) {
        double product =
                model.product(m, n, k) + (double) m * k * PACK_LEFT + (double) k * n * PACK + (double) m * n * STORE;
        return CALL + product * (fitted && Math.min(m, Math.min(n, k)) <= UnpackedProduct.FEW ? SKINNY : 1);
    }

    @Override
    public double move(long floats) {
        return floats * MOVE;
    }
}
