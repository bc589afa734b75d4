package org.lrcc.kernels.cuda;

import static org.lrcc.kernels.cuda.KernelQueue.address;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Kernels.Binary;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Launches what works element by element (pointwise.cu): arithmetic, reordering, dropout, the sparse residual. */
final class CudaPointwise {
    private static final String MODULE = "pointwise";
    private static final int MOST_AXES = 8;
    private static final int BLOCK = 256;
    /** Elements for which a block pays that adds up a histogram of its own, and the most blocks that do. */
    private static final int COUNTED = 1 << 14;

    private static final int HISTOGRAMS = 512;

    private final KernelQueue queue;

    CudaPointwise(KernelQueue queue) {
        this.queue = queue;
    }

    void fill(Tensor y, double value) {
        if (y.elements() == 0) {
            return;
        }
        long to = address(y);
        GpuDriver driver = queue.driver();
        int count = y.elements();
        queue.call("fill", (long) count * y.dtype().bytes(), () -> {
            switch (y.dtype()) {
                case F32 -> driver.fillWords(to, Float.floatToRawIntBits((float) value), count, queue.stream());
                case I32 -> driver.fillWords(to, (int) value, count, queue.stream());
                case U8 -> driver.fillBytes(to, (byte) value, count, queue.stream());
                case F64 -> throw new IllegalStateException("cuda: F64 belongs to the reference backend");
            }
        });
    }

    void copyBlock(Tensor x, int xStart, int xStride, Tensor y, int yStart, int yStride, int rows, int columns) {
        int width = x.dtype().bytes();
        queue.arguments()
                .pointer(address(x) + (long) xStart * width)
                .int32(xStride)
                .pointer(address(y) + (long) yStart * width)
                .int32(yStride)
                .int32(columns)
                .int32(rows * columns);
        queue.launch1d(MODULE, "copyBlock" + width, rows * columns);
    }

    void permute(Tensor x, int[] axes, Tensor y) {
        int[] dense = AxisWalk.dense(x.shape());
        int[] strides = new int[axes.length];
        for (int i = 0; i < axes.length; i++) {
            strides[i] = dense[axes[i]];
        }
        List<AxisWalk.Axis> walk = AxisWalk.of(y.shape(), strides);
        LaunchArguments arguments =
                queue.arguments().pointer(address(x)).pointer(address(y)).int32(walk.size());
        AxisWalk.sizes(arguments, walk, MOST_AXES);
        AxisWalk.strides(arguments, walk, 0, MOST_AXES);
        arguments.int32(y.elements());
        queue.launch1d(MODULE, x.dtype() == DType.U8 ? "permute1" : "permute4", y.elements());
    }

    void activation(Tensor x, Activation activation, Tensor y) {
        queue.arguments()
                .pointer(address(x))
                .int32(activation.kind().ordinal())
                .float32(activation.a())
                .float32(activation.b())
                .pointer(address(y))
                .int32(y.elements());
        queue.launch1d(MODULE, "activation", y.elements());
    }

    void activationGrad(Tensor y, Tensor dy, Activation activation, Tensor dx) {
        queue.arguments()
                .pointer(address(y))
                .pointer(address(dy))
                .int32(activation.kind().ordinal())
                .float32(activation.a())
                .float32(activation.b())
                .pointer(address(dx))
                .int32(dx.elements());
        queue.launch1d(MODULE, "activationGrad", dx.elements());
    }

    void binary(Binary op, Tensor a, Tensor b, Tensor y) {
        Shape shape = y.shape();
        LaunchArguments arguments = queue.arguments()
                .int32(op.ordinal())
                .pointer(address(a))
                .pointer(address(b))
                .pointer(address(y));
        if (a.elements() == y.elements() && b.elements() == y.elements()) {
            arguments.int32(y.elements());
            queue.launch1d(MODULE, "binary", y.elements());
            return;
        }
        List<AxisWalk.Axis> walk =
                AxisWalk.of(shape, AxisWalk.broadcast(a.shape(), shape), AxisWalk.broadcast(b.shape(), shape));
        arguments.int32(walk.size());
        AxisWalk.sizes(arguments, walk, MOST_AXES);
        AxisWalk.strides(arguments, walk, 0, MOST_AXES);
        AxisWalk.strides(arguments, walk, 1, MOST_AXES);
        arguments.int32(y.elements());
        queue.launch1d(MODULE, "binaryBroadcast", y.elements());
    }

    void axpy(double alpha, Tensor x, Tensor y) {
        queue.arguments().float32(alpha).pointer(address(x)).pointer(address(y)).int32(y.elements());
        queue.launch1d(MODULE, "axpy", y.elements());
    }

    void scale(double alpha, Tensor y) {
        queue.arguments().float32(alpha).pointer(address(y)).int32(y.elements());
        queue.launch1d(MODULE, "scale", y.elements());
    }

    /** A float of 24 bits is below p where its bits are below p 2^24, rounded up: the same comparison as in double. */
    void dropout(Tensor x, double p, long seed, long stream, Tensor y) {
        queue.arguments()
                .pointer(address(x))
                .pointer(address(y))
                .pointer(seed)
                .pointer(stream)
                .int32((int) Math.ceil(p * (1 << 24)))
                .float32(1 / (1 - p))
                .int32(y.elements());
        queue.launch1d(MODULE, "dropout", y.elements());
    }

    void composeSparse(Tensor uv, Tensor s, Tensor mask, @Nullable Tensor noise, Tensor w) {
        queue.arguments()
                .pointer(address(uv))
                .pointer(address(s))
                .pointer(address(mask))
                .pointer(address(noise))
                .pointer(address(w))
                .int32(w.elements());
        queue.launch1d(MODULE, "composeSparse", w.elements());
    }

    void maskedGrad(Tensor dw, Tensor mask, Tensor ds) {
        queue.arguments()
                .pointer(address(dw))
                .pointer(address(mask))
                .pointer(address(ds))
                .int32(ds.elements());
        queue.launch1d(MODULE, "maskedGrad", ds.elements());
    }

    void scatterAdd(Tensor values, Tensor indices, Tensor y) {
        queue.arguments()
                .pointer(address(values))
                .pointer(address(indices))
                .pointer(address(y))
                .int32(values.elements());
        queue.launch1d(MODULE, "scatterAdd", values.elements());
    }

    void gather(Tensor x, Tensor indices, Tensor values) {
        queue.arguments()
                .pointer(address(x))
                .pointer(address(indices))
                .pointer(address(values))
                .int32(values.elements());
        queue.launch1d(MODULE, "gather", values.elements());
    }

    void truncatedTarget(Tensor w, Tensor low, Tensor previous, double inertia, double lambda, double mu, Tensor x) {
        boolean hard = Double.isInfinite(mu);
        queue.arguments()
                .pointer(address(w))
                .pointer(address(low))
                .pointer(address(previous))
                .float32(inertia)
                .float32(hard ? lambda : lambda * Math.sqrt(mu * (mu + 1)))
                .float32(hard ? 0 : mu)
                .int32(hard ? 1 : 0)
                .pointer(address(x))
                .int32(x.elements());
        queue.launch1d(MODULE, "truncatedTarget", x.elements());
    }

    void magnitudeHistogram(Tensor x, int shift, int prefix, Tensor counts) {
        if (x.elements() == 0) {
            return;
        }
        queue.arguments()
                .pointer(address(x))
                .int32(shift)
                .int32(Integer.numberOfTrailingZeros(counts.elements()))
                .int32(prefix)
                .pointer(address(counts))
                .int32(x.elements());
        int blocks = (int) Math.min(HISTOGRAMS, (x.elements() + COUNTED - 1L) / COUNTED);
        queue.launch(MODULE, "magnitudeHistogram", blocks, 1, BLOCK);
    }

    void absSumGrad(Tensor x, Tensor dy, Tensor dx) {
        queue.arguments()
                .pointer(address(x))
                .pointer(address(dy))
                .pointer(address(dx))
                .int32(dx.elements());
        queue.launch1d(MODULE, "absSumGrad", dx.elements());
    }

    void sgd(
            Tensor parameter,
            Tensor gradient,
            Tensor velocity,
            double rate,
            double momentum,
            boolean nesterov,
            double weightDecay,
            boolean first) {
        queue.arguments()
                .pointer(address(parameter))
                .pointer(address(gradient))
                .pointer(address(velocity))
                .float32(rate)
                .float32(momentum)
                .float32(weightDecay)
                .int32(nesterov ? 1 : 0)
                .int32(first ? 1 : 0)
                .int32(parameter.elements());
        queue.launch1d(MODULE, "sgd", parameter.elements());
    }

    void adamW(
            Tensor parameter,
            Tensor gradient,
            Tensor m,
            Tensor v,
            double rate,
            double beta1,
            double beta2,
            double eps,
            double weightDecay,
            int step) {
        queue.arguments()
                .pointer(address(parameter))
                .pointer(address(gradient))
                .pointer(address(m))
                .pointer(address(v))
                .float32(rate / (1 - Math.pow(beta1, step)))
                .float32(beta1)
                .float32(1 - beta1)
                .float32(beta2)
                .float32(1 - beta2)
                .float32(1 / (1 - Math.pow(beta2, step)))
                .float32(eps)
                .float32(1 - rate * weightDecay)
                .int32(parameter.elements());
        queue.launch1d(MODULE, "adamW", parameter.elements());
    }
}
