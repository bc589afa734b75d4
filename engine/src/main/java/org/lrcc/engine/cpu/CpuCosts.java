package org.lrcc.engine.cpu;

import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.tensor.Shape;

/**
 * What the vector kernels take, in nanoseconds of one core: {@link AlgorithmModel} for the products of whichever algorithm a convolution uses, and the memory that is passed
 * over beside them. The rates are estimates: they have not been fitted to measured passes yet.
 */
final class CpuCosts implements KernelCosts {
    /** Nanoseconds to begin a kernel on all threads and to wait for the last, as one core's time. */
    private static final double CALL = 20_000;

    /** Nanoseconds to read or write a float in a pass of its own. */
    private static final double MOVE = 0.2;

    /** Nanoseconds to pack a float of the right operand of a direct product, once for all rows. */
    private static final double PACK = 0.09;

    private final AlgorithmModel model;

    CpuCosts(AlgorithmModel model) {
        this.model = model;
    }

    @Override
    public double conv2d(ConvPass pass, Shape x, Shape w, ConvGeometry geometry) {
        ConvShape s = CpuKernels.shape(x, w, geometry);
        return CALL + (model.prefersWinograd(s, pass) ? model.winograd(s, pass) : direct(s, pass));
    }

    private double direct(ConvShape s, ConvPass pass) {
        long in = (long) s.batch() * s.inputs() * s.height() * s.width();
        long out = (long) s.batch() * s.outputs() * s.outPlane();
        long taps = s.kernel();
        double columns = (double) s.batch() * s.outPlane() * s.inputs() * s.kernel();
        double packed = switch (pass) {
            case FORWARD -> columns;
            case INPUT_GRADIENT -> (double) out * s.kernel();
            case WEIGHT_GRADIENT -> out + columns / 4;
        };
        return model.direct(s, pass) + packed * PACK + (in + out) * MOVE;
    }

    @Override
    public double gemm(int m, int n, int k) {
        return CALL + model.product(m, n, k) + ((double) m * k + (double) k * n) * PACK + (double) m * n * MOVE;
    }

    @Override
    public double move(long floats) {
        return floats * MOVE;
    }
}
