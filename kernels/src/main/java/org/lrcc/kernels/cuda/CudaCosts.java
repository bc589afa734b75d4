package org.lrcc.kernels.cuda;

import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.tensor.Shape;

/** What kernels cost on a GPU: a convolution what the cheapest algorithm costs, by the figures by which that is chosen ({@link ConvCost}). Not measured on a card. */
record CudaCosts(boolean tf32) implements KernelCosts {
    private static final double NANO = 1e9;
    private static final int FLOAT = 4;

    private ConvCost costs() {
        return ConvCost.of(tf32);
    }

    @Override
    public double conv2d(ConvPass pass, Shape x, Shape w, ConvGeometry geometry) {
        ConvSizes sizes = ConvSizes.of(geometry, x, w);
        return NANO * costs().seconds(sizes, pass, costs().choose(sizes, pass, null));
    }

    @Override
    public double gemm(int m, int n, int k) {
        return NANO * costs().productSeconds(m, n, k);
    }

    @Override
    public double move(long floats) {
        return NANO * ConvCost.moveSeconds((double) FLOAT * floats);
    }
}
