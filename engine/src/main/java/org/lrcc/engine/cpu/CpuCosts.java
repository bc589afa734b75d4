package org.lrcc.engine.cpu;

import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.spi.KernelCosts;
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

    private final AlgorithmModel model;

    CpuCosts(AlgorithmModel model) {
        this.model = model;
    }

    @Override
    public double conv2d(ConvPass pass, Shape x, Shape w, ConvGeometry geometry) {
        ConvShape s = CpuKernels.shape(x, w, geometry);
        if (!model.prefersWinograd(s, pass)) {
            return CALL + direct(s, pass);
        }
        return CALL + model.winograd(s, pass) * (pass == ConvPass.WEIGHT_GRADIENT ? WINOGRAD_WEIGHTS : WINOGRAD);
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
        return model.direct(s, pass) * DIRECT + moved;
    }

    @Override
    public double gemm(int m, int n, int k) {
        return CALL
                + model.product(m, n, k)
                + (double) m * k * PACK_LEFT
                + (double) k * n * PACK
                + (double) m * n * STORE;
    }

    @Override
    public double move(long floats) {
        return floats * MOVE;
    }
}
