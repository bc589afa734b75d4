package org.lrcc.engine.cpu;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.linalg.CpuLinearAlgebra;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.LinearAlgebra;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.spi.Rehearsal;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.HeapArena;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** A session of the CPU backend: tensors become arrays and offsets here, and go to the classes that know the algorithm. */
public final class CpuKernels implements Kernels {
    private final Backend backend;
    private final ThreadPool pool;
    private final HeapArena arena = new HeapArena(Workspace.START);
    private final Gemm gemm;
    private final ConvolutionKernels convolutions;
    private final NormKernels norm;
    private final PointwiseKernels pointwise;
    private final PoolKernels pooling;
    private final OptimizerKernels optimizers;
    private final TruncationKernels truncation;
    private final CpuLinearAlgebra linearAlgebra;

    CpuKernels(Backend backend, ThreadPool pool, Instructions instructions, String algorithm) {
        this.backend = backend;
        this.pool = pool;
        Loops loops = instructions.loops();
        gemm = instructions.gemm(pool);
        norm = new NormKernels(pool, loops);
        pointwise = new PointwiseKernels(pool, loops);
        convolutions = new ConvolutionKernels(instructions.convolution(pool, algorithm), pointwise);
        optimizers = new OptimizerKernels(pool, loops);
        pooling = new PoolKernels(pool, loops);
        truncation = new TruncationKernels(pool, instructions.factorLoops());
        linearAlgebra = new CpuLinearAlgebra(this);
    }

    /** Where this session's memory comes from; tells what is held. */
    public HeapArena arena() {
        return arena;
    }

    @Override
    public long usedBytes() {
        return arena.liveBytes();
    }

    @Override
    public long highestBytes() {
        return arena.highestBytes();
    }

    @Override
    public Backend backend() {
        return backend;
    }

    @Override
    public Tensor allocate(DType dtype, Shape shape) {
        Tensor tensor = arena.allocate(dtype, shape);
        Scope.adopt(tensor.storage());
        return tensor;
    }

    @Override
    public Repetition repeat(Object kind, Consumer<Kernels> rehearsal) {
        arena.begin(kind, () -> Rehearsal.plan(backend, rehearsal));
        return arena::end;
    }

    @Override
    public Tensor upload(Tensor host) {
        Tensor tensor = allocate(host.dtype(), host.shape());
        host.storage().read(host.offset(), Floats.array(tensor), tensor.offset(), host.elements());
        return tensor;
    }

    @Override
    public void fill(Tensor y, double value) {
        pointwise.fill(y, value);
    }

    @Override
    public void copy(Tensor x, Tensor y) {
        Object from = Floats.array(x);
        Object to = Floats.array(y);
        Ranges.each(pool, x.elements(), (i, n) -> System.arraycopy(from, x.offset() + i, to, y.offset() + i, n));
    }

    @Override
    public void copyBlock(Tensor x, int xStart, int xStride, Tensor y, int yStart, int yStride, int rows, int columns) {
        Layouts.copyBlock(x, xStart, xStride, y, yStart, yStride, rows, columns);
    }

    @Override
    public void permute(Tensor x, int[] axes, Tensor y) {
        Layouts.permute(pool, x, axes, y);
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, double alpha, Tensor a, Tensor b, double beta, Tensor c) {
        Floats left = Floats.of(a);
        Floats right = Floats.of(b);
        Floats out = Floats.of(c);
        gemm.multiply(
                transposeA,
                transposeB,
                c.shape().size(0),
                c.shape().size(1),
                a.shape().size(transposeA ? 0 : 1),
                (float) alpha,
                left.array(),
                left.offset(),
                a.shape().size(1),
                right.array(),
                right.offset(),
                b.shape().size(1),
                (float) beta,
                out.array(),
                out.offset(),
                c.shape().size(1));
    }

    @Override
    public void gemmPlus(double alpha, Tensor a, Tensor b, Tensor d, Tensor c) {
        gemm.multiplyPlus(
                c.shape().size(0),
                c.shape().size(1),
                a.shape().size(1),
                (float) alpha,
                Floats.of(a),
                Floats.of(b),
                Floats.of(d),
                Floats.of(c));
    }

    @Override
    public void conv2d(
            Tensor x,
            Tensor w,
            @Nullable Tensor bias,
            @Nullable Tensor residual,
            Activation activation,
            ConvGeometry geometry,
            Tensor y) {
        convolutions.forward(x, w, bias, residual, activation, geometry, y);
    }

    @Override
    public void conv2dInputGrad(Tensor dy, Tensor w, ConvGeometry geometry, Tensor dx) {
        convolutions.inputGradient(dy, w, geometry, dx);
    }

    @Override
    public void conv2dWeightGrad(Tensor x, Tensor dy, ConvGeometry geometry, Tensor dw) {
        convolutions.weightGradient(x, dy, geometry, dw);
    }

    @Override
    public void channelSum(Tensor x, Tensor sum) {
        norm.channelSum(x, sum);
    }

    @Override
    public void batchNormStatistics(Tensor x, Tensor mean, Tensor variance) {
        norm.statistics(x, mean, variance);
    }

    @Override
    public void batchNorm(
            Tensor x,
            Tensor mean,
            Tensor variance,
            double eps,
            Tensor gamma,
            Tensor beta,
            @Nullable Tensor residual,
            Activation activation,
            Tensor y) {
        norm.forward(x, mean, variance, eps, gamma, beta, residual, activation, y);
    }

    @Override
    public void batchNormGrad(
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
        norm.backward(batchStatistics, x, mean, variance, eps, gamma, y, activation, dy, dx, dGamma, dBeta, dResidual);
    }

    @Override
    public void activation(Tensor x, Activation activation, Tensor y) {
        pointwise.activation(x, activation, y);
    }

    @Override
    public void activationGrad(Tensor y, Tensor dy, Activation activation, Tensor dx) {
        pointwise.activationGrad(y, dy, activation, dx);
    }

    @Override
    public void binary(Binary op, Tensor a, Tensor b, Tensor y) {
        pointwise.binary(op, a, b, y);
    }

    @Override
    public void sumTo(Tensor x, Tensor y) {
        pointwise.sumTo(x, y);
    }

    @Override
    public void axpy(double alpha, Tensor x, Tensor y) {
        pointwise.axpy(alpha, x, y);
    }

    @Override
    public void scale(double alpha, Tensor y) {
        pointwise.scale(alpha, y);
    }

    @Override
    public void dropout(Tensor x, double p, long seed, long stream, Tensor y) {
        pointwise.dropout(x, p, seed, stream, y);
    }

    @Override
    public void normalizeImages(Tensor x, float[] mean, float[] std, Tensor y) {
        ImageKernels.normalize(pool, x, mean, std, y);
    }

    @Override
    public void softmax(Tensor x, Tensor y) {
        LossKernels.softmax(x, y);
    }

    @Override
    public void maxPool2d(Tensor x, PoolGeometry geometry, Tensor y, @Nullable Tensor positions) {
        pooling.max(x, geometry, y, positions);
    }

    @Override
    public void maxPool2dGrad(Tensor dy, Tensor positions, PoolGeometry geometry, Tensor dx) {
        pooling.maxGrad(dy, positions, geometry, dx);
    }

    @Override
    public void avgPool2d(Tensor x, PoolGeometry geometry, Tensor y) {
        pooling.average(x, geometry, y);
    }

    @Override
    public void avgPool2dGrad(Tensor dy, PoolGeometry geometry, Tensor dx) {
        pooling.averageGrad(dy, geometry, dx);
    }

    @Override
    public void softmaxCrossEntropy(
            Tensor logits,
            Tensor labels,
            double smoothing,
            @Nullable Tensor classWeights,
            double normalizer,
            Tensor loss,
            @Nullable Tensor dLogits) {
        LossKernels.crossEntropy(logits, labels, smoothing, classWeights, normalizer, loss, dLogits);
    }

    @Override
    public void composeSparse(Tensor uv, Tensor s, Tensor mask, @Nullable Tensor noise, Tensor w) {
        pointwise.compose(uv, s, mask, noise, w);
    }

    @Override
    public void maskedGrad(Tensor dw, Tensor mask, Tensor ds) {
        pointwise.maskedGrad(dw, mask, ds);
    }

    @Override
    public void scatterAdd(Tensor values, Tensor indices, Tensor y) {
        pointwise.scatterAdd(values, indices, y);
    }

    @Override
    public void gather(Tensor x, Tensor indices, Tensor values) {
        pointwise.gather(x, indices, values);
    }

    @Override
    public void absSum(Tensor x, Tensor sum) {
        pointwise.absSum(x, sum);
    }

    @Override
    public void absSumGrad(Tensor x, Tensor dy, Tensor dx) {
        pointwise.absSumGrad(x, dy, dx);
    }

    @Override
    public void truncatedTarget(
            Tensor w, Tensor low, Tensor previous, double inertia, double lambda, double mu, Tensor x) {
        truncation.target(w, low, previous, inertia, lambda, mu, x);
    }

    @Override
    public double truncatedSquares(Tensor w, Tensor low, double lambda) {
        return truncation.squares(w, low, lambda);
    }

    @Override
    public void magnitudeHistogram(Tensor x, int shift, int prefix, Tensor counts) {
        TruncationKernels.histogram(x, shift, prefix, counts);
    }

    @Override
    public LinearAlgebra linearAlgebra() {
        return linearAlgebra;
    }

    @Override
    public void sgd(
            Tensor parameter,
            Tensor gradient,
            Tensor velocity,
            double rate,
            double momentum,
            boolean nesterov,
            double weightDecay,
            boolean first) {
        optimizers.sgd(parameter, gradient, velocity, rate, momentum, nesterov, weightDecay, first);
    }

    @Override
    public void adamW(
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
        optimizers.adamW(parameter, gradient, m, v, rate, beta1, beta2, eps, weightDecay, step);
    }

    @Override
    public double sumOfSquares(Tensor x) {
        return pointwise.sumOfSquares(x);
    }

    @Override
    public void close() {
        arena.close();
    }
}
