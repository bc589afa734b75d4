package org.lrcc.engine.spi;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * A backend's session: its memory and the kernels that every op is written with. For one thread at a time.
 *
 * <p>Kernels write into tensors that the caller allocated ({@code y}, {@code dx}, ...), overwriting them whole, unless a parameter says
 * that they accumulate. Inputs are only read. Outputs never overlap inputs, except where "may be the same tensor" is said. Shapes were
 * checked by the op; kernels may rely on them. Images are [N, C, H, W]. Floating-point tensors of one call have one element type: F32,
 * or F64 on the reference backend. Results do not depend on the number of threads.
 */
public interface Kernels extends AutoCloseable {
    /** The backend this session belongs to. */
    Backend backend();

    /** A new tensor of undefined contents, owned by the caller (one reference) and by the innermost open {@code Scope}, if any. */
    Tensor allocate(DType dtype, Shape shape);

    /** A copy of a tensor in this backend's memory, owned as by {@link #allocate}. */
    Tensor upload(Tensor host);

    /**
     * Says that this tensor of the heap will be uploaded soon: a backend with memory of its own may begin to bring it there beside the work that it was given. Its
     * contents must not change until {@link #upload} is called with the same tensor. A hint, which changes no result.
     */
    default void prefetch(Tensor host) {}

    /**
     * A tensor that does not change between runs, in this backend's memory: itself where that is where it lies, else a copy that the session makes at the first
     * call and keeps. Only to be read, and not to be released by the caller.
     *
     * @param version of the tensor's contents; a copy of another one is renewed
     */
    default Tensor resident(Tensor tensor, long version) {
        return tensor;
    }

    /** Whether this backend's tensors lie on the Java heap, so that tensors from elsewhere on the heap need no copy. */
    default boolean worksOnHeap() {
        return true;
    }

    /** Bytes that tensors and scratch space of this session take now, those that were brought in from elsewhere on the heap left out; 0 where it is not known. */
    default long usedBytes() {
        return 0;
    }

    /** The most of {@link #usedBytes} so far; 0 where it is not known. */
    default long highestBytes() {
        return 0;
    }

    /** Whether kernels compute: not where a run is only rehearsed, see {@link #repeat}. What is computed beside a session's kernels is left out there. */
    default boolean computes() {
        return true;
    }

    /** A run of work that repeats, until it is closed. */
    interface Repetition extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Begins a run of work that is going to repeat, allocations of the same shapes in the same order: a backend may lay out its tensors in memory once, by when each is given back, for all runs of a kind. Tensors that the
     * run does not give back live on; results never depend on it. One run at a time.
     *
     * @param kind equal for runs that allocate alike
     * @param rehearsal does what the run does, on kernels that compute nothing; called before the first run of a kind, perhaps
     */
    default Repetition repeat(Object kind, Consumer<Kernels> rehearsal) {
        return () -> {};
    }

    /** y = value, any element type. */
    void fill(Tensor y, double value);

    /** y = x; same element type and number of elements. */
    void copy(Tensor x, Tensor y);

    /**
     * Copies (or adds) a block of {@code rows} x {@code columns}: {@code y[yStart + r yStride + c] = x[xStart + r xStride + c]}.
     * Concatenation and its gradient are written with it.
     */
    void copyBlock(Tensor x, int xStart, int xStride, Tensor y, int yStart, int yStride, int rows, int columns);

    /** y = x with axis i of y being axis {@code axes[i]} of x. */
    void permute(Tensor x, int[] axes, Tensor y);

    /** c = alpha op(a) op(b) + beta c for matrices, row-major; op transposes where the flag says so. c is not read where beta is 0. */
    void gemm(boolean transposeA, boolean transposeB, double alpha, Tensor a, Tensor b, double beta, Tensor c);

    /** c = d + alpha a b for matrices, row-major; d is of c's shape, in any view, and is only read. */
    default void gemmPlus(double alpha, Tensor a, Tensor b, Tensor d, Tensor c) {
        copy(d, c);
        gemm(false, false, alpha, a, b, 1, c);
    }

    // --- convolution

    /**
     * y = activation(conv2d(x, w) + bias + residual).
     *
     * @param x [N, C, H, W]
     * @param w [M, C / groups, KH, KW]
     * @param bias [M] or null
     * @param residual as y, or null
     * @param y [N, M, OH, OW]
     */
    void conv2d(
            Tensor x,
            Tensor w,
            @Nullable Tensor bias,
            @Nullable Tensor residual,
            Activation activation,
            ConvGeometry geometry,
            Tensor y);

    /** dx = gradient of the input, from dy [N, M, OH, OW] and w. */
    void conv2dInputGrad(Tensor dy, Tensor w, ConvGeometry geometry, Tensor dx);

    /** dw = gradient of the weight, from x and dy. */
    void conv2dWeightGrad(Tensor x, Tensor dy, ConvGeometry geometry, Tensor dw);

    /** sum[c] = sum over all but axis 1 of x [N, C, ...]: the gradient of a bias. */
    void channelSum(Tensor x, Tensor sum);

    // --- batch normalisation

    /** Mean and biased variance per channel of x [N, C, ...], both [C]. */
    void batchNormStatistics(Tensor x, Tensor mean, Tensor variance);

    /**
     * y = activation((x - mean) / sqrt(variance + eps) gamma + beta + residual); statistics, gamma and beta are [C].
     *
     * @param residual as x, or null
     */
    void batchNorm(
            Tensor x,
            Tensor mean,
            Tensor variance,
            double eps,
            Tensor gamma,
            Tensor beta,
            @Nullable Tensor residual,
            Activation activation,
            Tensor y);

    /**
     * Gradients of {@link #batchNorm}. Where {@code batchStatistics}, mean and variance are functions of x (training); else constants.
     *
     * @param y the output, read for the activation's derivative; null where there is no activation
     * @param dx gradient of x, or null where it is not wanted; likewise dGamma, dBeta [C]
     * @param dResidual gradient of the residual, or null where it is not wanted
     */
    void batchNormGrad(
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
            @Nullable Tensor dResidual);

    // --- pointwise

    /** y = activation(x); may be the same tensor. */
    void activation(Tensor x, Activation activation, Tensor y);

    /** dx = dy * activation'(where the value is y); dx and dy may be the same tensor. */
    void activationGrad(Tensor y, Tensor dy, Activation activation, Tensor dx);

    /** y = a (op) b with numpy's broadcasting to the shape of y; y may be a or b where shapes are equal. */
    void binary(Binary op, Tensor a, Tensor b, Tensor y);

    /** y = x summed over the axes along which y was broadcast to the shape of x: the gradient of broadcasting. */
    void sumTo(Tensor x, Tensor y);

    /** y += alpha x; same number of elements. */
    void axpy(double alpha, Tensor x, Tensor y);

    /** y *= alpha. */
    void scale(double alpha, Tensor y);

    /**
     * Each element is kept with probability 1 - p and divided by 1 - p, else 0. Element i draws {@code Philox} word {@code i % 4} of counter {@code i / 4} of
     * (seed, stream) and is dropped where {@code Philox.toFloat} of it is below p. May be the same tensor.
     */
    void dropout(Tensor x, double p, long seed, long stream, Tensor y);

    /** y = softmax over the last axis of x [N, K]. */
    void softmax(Tensor x, Tensor y);

    // --- pooling

    /**
     * Maximum over windows; padding never wins, the first of equals does, NaN wins over all.
     *
     * @param positions the winner's index kh * kernelWidth + kw in its window, shaped as y; U8 where the window has at most 256 elements, else I32; null where backward will not run
     */
    void maxPool2d(Tensor x, PoolGeometry geometry, Tensor y, @Nullable Tensor positions);

    /** dx from dy and the winners' positions. */
    void maxPool2dGrad(Tensor dy, Tensor positions, PoolGeometry geometry, Tensor dx);

    /** Average over windows. */
    void avgPool2d(Tensor x, PoolGeometry geometry, Tensor y);

    /** dx from dy. */
    void avgPool2dGrad(Tensor dy, PoolGeometry geometry, Tensor dx);

    /**
     * y = (x / 255 - mean) / std: pixels of image files become a network's input. In floats, each operation rounded, so that all backends give the same bits.
     *
     * @param x U8 [N, H, W, 3]
     * @param mean of each of the three channels
     * @param std of each channel
     * @param y F32 [N, 3, H, W]
     */
    void normalizeImages(Tensor x, float[] mean, float[] std, Tensor y);

    // --- loss

    /**
     * Softmax cross entropy and its gradient in one go, as torch defines it with label smoothing and class weights, summed and divided by {@code normalizer}.
     *
     * @param logits [N, K]
     * @param labels I32 [N], from 0 to K - 1: another label throws {@code InputException}
     * @param smoothing label smoothing, 0 for none
     * @param classWeights [K] or null
     * @param normalizer what the sum is divided by: the number of samples, or the sum of the labels' class weights
     * @param loss one element
     * @param dLogits [N, K] or null where it is not wanted
     */
    void softmaxCrossEntropy(
            Tensor logits,
            Tensor labels,
            double smoothing,
            @Nullable Tensor classWeights,
            double normalizer,
            Tensor loss,
            @Nullable Tensor dLogits);

    // --- low rank

    /** w = uv + s (1 - mask) (+ noise), all of one shape, mask U8 with 1 where S is off; w and uv may be the same tensor. */
    void composeSparse(Tensor uv, Tensor s, Tensor mask, @Nullable Tensor noise, Tensor w);

    /** ds = dw (1 - mask). */
    void maskedGrad(Tensor dw, Tensor mask, Tensor ds);

    /**
     * y[indices[i]] += values[i], y in row-major order.
     *
     * @param indices I32, ascending, each once, within y
     */
    void scatterAdd(Tensor values, Tensor indices, Tensor y);

    /** values[i] = x[indices[i]], x in row-major order, indices as in {@link #scatterAdd}. */
    void gather(Tensor x, Tensor indices, Tensor values);

    /** sum = sum of |x|, one element. */
    void absSum(Tensor x, Tensor sum);

    /** dx = dy sign(x), dy of one element, sign(0) = 0. */
    void absSumGrad(Tensor x, Tensor dy, Tensor dx);

    /**
     * What a matrix of low rank is fitted to where deviations of lambda or more are to count no more: x = y + weight (w - y) for the point
     * y = low + inertia (low - previous), all of one shape and finite: backends differ in what they make of NaN.
     *
     * @param lambda above 0 where mu is finite
     * @param mu how soft the threshold is: an element's weight is lambda sqrt(mu (mu + 1)) / |w - y| - mu, at least 0 and at most 1 (the weights of
     *     graduated non-convexity for truncated least squares); where mu is infinite, 1 below lambda, else 0, and x is exactly w or y
     * @param x may be none of the others
     */
    void truncatedTarget(Tensor w, Tensor low, Tensor previous, double inertia, double lambda, double mu, Tensor x);

    /** Sum of min((w - low)², lambda²) in double, in a fixed order; the deviations themselves are floats. All finite, as for {@link #truncatedTarget}. */
    double truncatedSquares(Tensor w, Tensor low, double lambda);

    /**
     * Adds to a histogram of magnitudes, by the bits of |x|, which are in the order of the values: of the elements with {@code bits >>> (shift + d) == prefix},
     * {@code counts[bits >>> shift & 2^d - 1]} counts one each. So a few passes find the n-th largest of any number of tensors, without sorting.
     *
     * @param counts I32, of 2^d elements, d from 1 to 11; not cleared
     */
    void magnitudeHistogram(Tensor x, int shift, int prefix, Tensor counts);

    /** Factorizations in this session's memory. Its products are in full single precision from now on. */
    LinearAlgebra linearAlgebra();

    // --- optimizers

    /**
     * torch's SGD over flat tensors: g += weightDecay p; v = momentum v + g (v = g at the first step); p -= rate (nesterov ? g + momentum v : v).
     *
     * @param gradient left unchanged
     * @param velocity not read where {@code first} is set or momentum is 0
     */
    void sgd(
            Tensor parameter,
            Tensor gradient,
            Tensor velocity,
            double rate,
            double momentum,
            boolean nesterov,
            double weightDecay,
            boolean first);

    /** torch's AdamW over flat tensors; {@code step} counts from 1. */
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
            int step);

    /** Sum of squares in double, in a fixed order. Not finite where an element is not. */
    double sumOfSquares(Tensor x);

    /** Gives the session's memory back. */
    @Override
    void close();

    /** Binary pointwise functions. */
    enum Binary {
        /** a + b. */
        ADD,
        /** a - b. */
        SUB,
        /** a b. */
        MUL
    }
}
