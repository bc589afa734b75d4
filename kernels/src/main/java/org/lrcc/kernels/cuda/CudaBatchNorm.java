package org.lrcc.kernels.cuda;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * Launches of {@code batchnorm.cu}. How a channel's values are divided among blocks depends on the shape alone, so that sums have one order.
 */
final class CudaBatchNorm {
    private static final String MODULE = "batchnorm";
    private static final int PACK = 4;
    /** Threads of a block. */
    private static final int BLOCK = 256;
    /** Values of a channel below which another block would not pay. */
    private static final int LEAST_VALUES = 4096;
    /** Blocks over all channels that are enough for the largest device. */
    private static final int ENOUGH_BLOCKS = 1024;
    /** Floats that one part of the moments takes. */
    private static final int MOMENTS = 3;

    private final KernelQueue queue;

    CudaBatchNorm(KernelQueue queue) {
        this.queue = queue;
    }

    /** The sizes of x [N, C, ...] and how it is worked on. */
    private record Work(int n, int c, int hw, int pack, int parts) {
        String kernel(String name) {
            return name + pack;
        }

        int packs() {
            return n * c * hw / pack;
        }
    }

    /** Packs of 4 where planes and addresses (0 for what is not there) allow it. */
    private static Work work(Shape shape, long... addresses) {
        int n = shape.size(0);
        int c = shape.size(1);
        int hw = shape.elements(2, shape.rank());
        boolean packs = hw % PACK == 0;
        for (long address : addresses) {
            packs &= address % (4 * PACK) == 0;
        }
        int wanted = (int) Math.min(((long) n * hw - 1) / LEAST_VALUES + 1, (ENOUGH_BLOCKS - 1) / c + 1);
        return new Work(n, c, hw, packs ? PACK : 1, Math.max(wanted, 1));
    }

    private static LaunchArguments activation(LaunchArguments arguments, Activation activation) {
        return arguments
                .int32(activation.kind().ordinal())
                .float32(activation.a())
                .float32(activation.b());
    }

    private static LaunchArguments sizes(LaunchArguments arguments, Work work) {
        return arguments.int32(work.n()).int32(work.c()).int32(work.hw());
    }

    void statistics(Tensor x, Tensor mean, Tensor variance) {
        long from = KernelQueue.address(x);
        Work work = work(x.shape(), from);
        boolean several = work.parts() > 1;
        try (Scratch parts = queue.scratch(several ? 4L * MOMENTS * work.c() * work.parts() : 0)) {
            LaunchArguments arguments = queue.arguments()
                    .pointer(from)
                    .pointer(KernelQueue.address(mean))
                    .pointer(KernelQueue.address(variance))
                    .pointer(parts.address());
            sizes(arguments, work);
            queue.launch(MODULE, work.kernel("batchNormStatistics"), work.c(), work.parts(), BLOCK);
            if (several) {
                queue.arguments()
                        .pointer(parts.address())
                        .pointer(KernelQueue.address(mean))
                        .pointer(KernelQueue.address(variance))
                        .int32(work.parts())
                        .int32(work.c());
                queue.launch1d(MODULE, "batchNormCombine", work.c());
            }
        }
    }

    void forward(
            Tensor x,
            Tensor mean,
            Tensor variance,
            double eps,
            Tensor gamma,
            Tensor beta,
            @Nullable Tensor residual,
            Activation activation,
            Tensor y) {
        long from = KernelQueue.address(x);
        long added = KernelQueue.address(residual);
        long to = KernelQueue.address(y);
        Work work = work(x.shape(), from, added, to);
        LaunchArguments arguments = queue.arguments()
                .pointer(from)
                .pointer(KernelQueue.address(mean))
                .pointer(KernelQueue.address(variance))
                .float32(eps)
                .pointer(KernelQueue.address(gamma))
                .pointer(KernelQueue.address(beta))
                .pointer(added);
        activation(arguments, activation)
                .pointer(to)
                .int32(work.c())
                .int32(work.hw())
                .int32(work.packs());
        queue.launch1d(MODULE, work.kernel("batchNorm"), work.packs());
    }

    /** As {@code Kernels.batchNormGrad}. */
    void backward(
            boolean batchStatistics,
            Tensor x,
            Tensor mean,
            Tensor variance,
            double eps,
            Tensor gamma,
            @Nullable Tensor y,
            Activation activation,
            Tensor dy,
            @Nullable Tensor dx,
            @Nullable Tensor dGamma,
            @Nullable Tensor dBeta,
            @Nullable Tensor dResidual) {
        Work work = work(
                x.shape(),
                KernelQueue.address(x),
                KernelQueue.address(y),
                KernelQueue.address(dy),
                KernelQueue.address(dx),
                KernelQueue.address(dResidual));
        Statistics of = new Statistics(KernelQueue.address(mean), KernelQueue.address(variance), eps);
        boolean through = batchStatistics && dx != null;
        boolean sums = through || dGamma != null || dBeta != null || dx == null;
        boolean own = sums && (dGamma == null || dBeta == null);
        try (Scratch scratch = queue.scratch(own ? 8L * work.c() : 0)) {
            long gammaSum = dGamma == null ? scratch.address() : KernelQueue.address(dGamma);
            long betaSum = dBeta == null ? scratch.address() + 4L * work.c() : KernelQueue.address(dBeta);
            Incoming incoming = new Incoming(KernelQueue.address(y), activation, KernelQueue.address(dy));
            long before = KernelQueue.address(dResidual);
            if (sums) {
                gradientSums(work, KernelQueue.address(x), of, incoming, before, gammaSum, betaSum);
                if (before != 0) {
                    // The gradient before the activation is there now: no need to take the derivative again.
                    incoming = new Incoming(0, Activation.NONE, before);
                    before = 0;
                }
            }
            if (dx != null) {
                long gammaThrough = through ? gammaSum : 0;
                inputGradient(
                        work,
                        x,
                        of,
                        KernelQueue.address(gamma),
                        incoming,
                        gammaThrough,
                        betaSum,
                        KernelQueue.address(dx),
                        before);
            }
        }
    }

    private record Statistics(long mean, long variance, double eps) {
        LaunchArguments put(LaunchArguments arguments) {
            return arguments.pointer(mean).pointer(variance).float32(eps);
        }
    }

    /** The output's gradient, and what undoes the activation; y is 0 where there is none. */
    private record Incoming(long y, Activation activation, long dy) {
        LaunchArguments put(LaunchArguments arguments) {
            return CudaBatchNorm.activation(arguments.pointer(y), activation).pointer(dy);
        }
    }

    private void gradientSums(
            Work work, long x, Statistics of, Incoming incoming, long dResidual, long gammaSum, long betaSum) {
        boolean several = work.parts() > 1;
        long count = (long) work.c() * work.parts();
        try (Scratch parts = queue.scratch(several ? 8 * count : 0)) {
            LaunchArguments arguments = of.put(queue.arguments().pointer(x));
            incoming.put(arguments)
                    .pointer(dResidual)
                    .pointer(several ? parts.address() : gammaSum)
                    .pointer(several ? parts.address() + 4 * count : betaSum);
            sizes(arguments, work);
            queue.launch(MODULE, work.kernel("batchNormGradSums"), work.c(), work.parts(), BLOCK);
            if (several) {
                sumParts(parts.address(), gammaSum, betaSum, work.c(), work.parts());
            }
        }
    }

    private void inputGradient(
            Work work,
            Tensor x,
            Statistics of,
            long gamma,
            Incoming incoming,
            long gammaSum,
            long betaSum,
            long dx,
            long dResidual) {
        LaunchArguments arguments = of.put(queue.arguments().pointer(KernelQueue.address(x)));
        incoming.put(arguments.pointer(gamma))
                .pointer(gammaSum)
                .pointer(gammaSum == 0 ? 0 : betaSum)
                .pointer(dx)
                .pointer(dResidual)
                .float32((double) work.n() * work.hw())
                .int32(work.c())
                .int32(work.hw())
                .int32(work.packs());
        queue.launch1d(MODULE, work.kernel("batchNormGrad"), work.packs());
    }

    /** Sums of two sets of rows of parts; the second may be missing. */
    private void sumParts(long parts, long first, long second, int rows, int count) {
        queue.arguments()
                .pointer(parts)
                .pointer(first)
                .pointer(second)
                .int32(rows)
                .int32(count);
        queue.launch1d(MODULE, "sumParts", second == 0 ? rows : 2 * rows);
    }

    void channelSum(Tensor x, Tensor sum) {
        long from = KernelQueue.address(x);
        Work work = work(x.shape(), from);
        boolean several = work.parts() > 1;
        try (Scratch parts = queue.scratch(several ? 4L * work.c() * work.parts() : 0)) {
            sizes(queue.arguments().pointer(from).pointer(several ? parts.address() : KernelQueue.address(sum)), work);
            queue.launch(MODULE, work.kernel("channelSum"), work.c(), work.parts(), BLOCK);
            if (several) {
                sumParts(parts.address(), KernelQueue.address(sum), 0, work.c(), work.parts());
            }
        }
    }
}
