package org.lrcc.kernels.cuda;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Launches of {@code pool.cu}. */
final class CudaPool {
    private final KernelQueue queue;

    CudaPool(KernelQueue queue) {
        this.queue = queue;
    }

    private static LaunchArguments geometry(LaunchArguments arguments, PoolGeometry g, Shape x, Shape y) {
        return arguments
                .int32(x.size(2))
                .int32(x.size(3))
                .int32(y.size(2))
                .int32(y.size(3))
                .int32(g.kernelHeight())
                .int32(g.kernelWidth())
                .int32(g.strideHeight())
                .int32(g.strideWidth())
                .int32(g.padTop())
                .int32(g.padLeft())
                .int32(g.dilationHeight())
                .int32(g.dilationWidth());
    }

    /** Padding that an average counts. */
    private static LaunchArguments counted(LaunchArguments arguments, PoolGeometry g) {
        boolean counts = g.countIncludePad();
        return arguments
                .int32(counts ? g.padTop() : 0)
                .int32(counts ? g.padLeft() : 0)
                .int32(counts ? g.padBottom() : 0)
                .int32(counts ? g.padRight() : 0);
    }

    void max(Tensor x, PoolGeometry g, Tensor y, @Nullable Tensor positions) {
        boolean wide = positions != null && positions.dtype() == DType.I32;
        LaunchArguments arguments = queue.arguments()
                .pointer(KernelQueue.address(x))
                .pointer(KernelQueue.address(y))
                .pointer(KernelQueue.address(positions));
        geometry(arguments, g, x.shape(), y.shape()).int32(y.elements());
        queue.launch1d("pool", wide ? "maxPoolI32" : "maxPoolU8", y.elements());
    }

    void maxGrad(Tensor dy, Tensor positions, PoolGeometry g, Tensor dx) {
        LaunchArguments arguments = queue.arguments()
                .pointer(KernelQueue.address(dy))
                .pointer(KernelQueue.address(positions))
                .pointer(KernelQueue.address(dx));
        geometry(arguments, g, dx.shape(), dy.shape()).int32(dx.elements());
        queue.launch1d("pool", positions.dtype() == DType.I32 ? "maxPoolGradI32" : "maxPoolGradU8", dx.elements());
    }

    void average(Tensor x, PoolGeometry g, Tensor y) {
        LaunchArguments arguments =
                queue.arguments().pointer(KernelQueue.address(x)).pointer(KernelQueue.address(y));
        counted(geometry(arguments, g, x.shape(), y.shape()), g).int32(y.elements());
        queue.launch1d("pool", "avgPool", y.elements());
    }

    void averageGrad(Tensor dy, PoolGeometry g, Tensor dx) {
        LaunchArguments arguments =
                queue.arguments().pointer(KernelQueue.address(dy)).pointer(KernelQueue.address(dx));
        counted(geometry(arguments, g, dx.shape(), dy.shape()), g).int32(dx.elements());
        queue.launch1d("pool", "avgPoolGrad", dx.elements());
    }
}
