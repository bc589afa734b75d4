package org.lrcc.kernels.cuda;

import static org.lrcc.kernels.cuda.KernelQueue.address;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Launches sums, softmax and the loss (sums.cu). The order of every sum depends on shapes alone. */
final class CudaSums {
    private static final String MODULE = "sums";
    private static final int BLOCK = 256;
    private static final int WARP = 32;
    private static final int MOST_PARTS = 1024;
    private static final int PER_THREAD = 4;
    private static final int MOST_AXES = 4;
    /** From so many terms on, a block works on one output; below, a thread. */
    private static final int TERMS_FOR_BLOCK = 64;

    private final KernelQueue queue;

    CudaSums(KernelQueue queue) {
        this.queue = queue;
    }

    void sumTo(Tensor x, Tensor y) {
        if (y.elements() == 0) {
            return;
        }
        if (y.elements() == 1) {
            total("sumValues", x, address(y), 0);
            return;
        }
        List<AxisWalk.Axis> kept = new ArrayList<>();
        List<AxisWalk.Axis> summed = new ArrayList<>();
        int[] to = AxisWalk.broadcast(y.shape(), x.shape());
        for (AxisWalk.Axis axis : AxisWalk.of(x.shape(), AxisWalk.dense(x.shape()), to)) {
            (axis.strides()[1] == 0 ? summed : kept).add(axis);
        }
        int terms = summed.stream().mapToInt(AxisWalk.Axis::size).reduce(1, Math::multiplyExact);
        LaunchArguments arguments = queue.arguments().pointer(address(x)).pointer(address(y));
        for (List<AxisWalk.Axis> axes : List.of(kept, summed)) {
            arguments.int32(axes.size());
            AxisWalk.sizes(arguments, axes, MOST_AXES);
            AxisWalk.strides(arguments, axes, 0, MOST_AXES);
        }
        arguments.int32(terms);
        if (terms >= TERMS_FOR_BLOCK) {
            queue.launch(MODULE, "sumToBlock", y.elements(), 1, threads(terms));
        } else {
            arguments.int32(y.elements());
            queue.launch1d(MODULE, "sumToThread", y.elements());
        }
    }

    void absSum(Tensor x, Tensor sum) {
        total("sumAbsolute", x, address(sum), 0);
    }

    double sumOfSquares(Tensor x) {
        try (Scratch wide = queue.scratch(DType.F64.bytes())) {
            total("sumSquares", x, 0, wide.address());
            return downloaded(wide.address());
        }
    }

    /** Sum of min((w - low)², lambda²). */
    double truncatedSquares(Tensor w, Tensor low, double lambda) {
        int threads = threads(w.elements());
        int parts = parts(w.elements(), threads);
        try (Scratch scratch = queue.scratch((parts + 1L) * DType.F64.bytes())) {
            long wide = scratch.address() + (long) parts * DType.F64.bytes();
            queue.arguments()
                    .pointer(address(w))
                    .pointer(address(low))
                    .float64(lambda * lambda)
                    .pointer(scratch.address())
                    .int32(w.elements());
            queue.launch(MODULE, "sumTruncated", parts, 1, threads);
            sumOfParts(scratch.address(), parts, 1, 0, wide);
            return downloaded(wide);
        }
    }

    private double downloaded(long wide) {
        double[] sum = new double[1];
        queue.staging().download(DType.F64, wide, sum, 0, 1);
        return sum[0];
    }

    private static int parts(int n, int threads) {
        return Math.max(1, Math.min(MOST_PARTS, (int)
                ((n + (long) threads * PER_THREAD - 1) / (threads * PER_THREAD))));
    }

    /** Parts of the sum of all elements, then the sum of the parts, as a float or a double. */
    private void total(String kernel, Tensor x, long narrow, long wide) {
        int n = x.elements();
        int threads = threads(n);
        int parts = parts(n, threads);
        try (Scratch scratch = queue.scratch((long) parts * DType.F64.bytes())) {
            queue.arguments().pointer(address(x)).pointer(scratch.address()).int32(n);
            queue.launch(MODULE, kernel, parts, 1, threads);
            sumOfParts(scratch.address(), parts, 1, narrow, wide);
        }
    }

    private void sumOfParts(long parts, int count, double divisor, long narrow, long wide) {
        queue.arguments()
                .pointer(parts)
                .int32(count)
                .float64(divisor)
                .pointer(narrow)
                .pointer(wide);
        queue.launch(MODULE, "sumOfParts", 1, 1, threads(count));
    }

    /** A power of 2 of whole warps, for so many terms. */
    private static int threads(int terms) {
        int threads = WARP;
        while (threads < BLOCK && threads < terms) {
            threads *= 2;
        }
        return threads;
    }

    void softmax(Tensor x, Tensor y) {
        int classes = x.shape().size(-1);
        if (x.elements() == 0) {
            return;
        }
        queue.arguments().pointer(address(x)).pointer(address(y)).int32(classes);
        queue.launch(MODULE, "softmax", x.elements() / classes, 1, threads(classes));
    }

    void softmaxCrossEntropy(
            Tensor logits,
            Tensor labels,
            double smoothing,
            @Nullable Tensor classWeights,
            double normalizer,
            Tensor loss,
            @Nullable Tensor dLogits) {
        Shape shape = logits.shape();
        int samples = shape.size(0);
        int classes = shape.size(1);
        check(labels, classes);
        try (Scratch losses = queue.scratch(Math.max(1, samples) * (long) DType.F64.bytes())) {
            if (samples > 0) {
                queue.arguments()
                        .pointer(address(logits))
                        .pointer(address(labels))
                        .float32(smoothing)
                        .pointer(address(classWeights))
                        .float32(normalizer)
                        .pointer(losses.address())
                        .pointer(address(dLogits))
                        .int32(classes);
                queue.launch(MODULE, "crossEntropy", samples, 1, threads(classes));
            }
            sumOfParts(losses.address(), samples, normalizer, address(loss), 0);
        }
    }

    /** On what the host remembers of the labels it wrote; only labels that a kernel made are fetched. */
    private static void check(Tensor labels, int classes) {
        int offset = labels.offset();
        int[] values = ((DeviceStorage) labels.storage()).remembered();
        if (values == null) {
            values = labels.toInts();
            offset = 0;
        }
        for (int i = 0; i < labels.elements(); i++) {
            int label = values[offset + i];
            if (label < 0 || label >= classes) {
                throw new InputException("softmaxCrossEntropy: label " + label + " of sample " + i
                        + " must be from 0 to " + (classes - 1));
            }
        }
    }
}
