package org.lrcc.kernels.cuda;

import static org.lrcc.kernels.cuda.KernelQueue.address;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.LinearAlgebra;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Storage;
import org.lrcc.engine.tensor.Tensor;

/** A session on the GPU: hands each kernel to the class that launches it. */
public final class CudaKernels implements Kernels {
    private final Backend backend;
    private final KernelQueue queue;
    private final Residents residents;
    private final CudaPointwise pointwise;
    private final CudaSums sums;
    private final CudaConvolution convolution;
    private final CudaBatchNorm norm;
    private final CudaPool pooling;
    private final CudaImages images;
    private final LinearAlgebra linearAlgebra;

    CudaKernels(Backend backend, KernelQueue queue) {
        this.backend = backend;
        this.queue = queue;
        residents = new Residents(this);
        queue.memory().whereShort(residents::giveBack);
        pointwise = new CudaPointwise(queue);
        sums = new CudaSums(queue);
        convolution = new CudaConvolution(queue);
        norm = new CudaBatchNorm(queue);
        pooling = new CudaPool(queue);
        images = new CudaImages(queue);
        linearAlgebra = new CudaLinearAlgebra(this, queue);
    }

    @Override
    public long usedBytes() {
        return queue.memory().used();
    }

    @Override
    public boolean worksOnHeap() {
        return false;
    }

    @Override
    public long highestBytes() {
        return queue.memory().highest();
    }

    /** Whether this session's products may round their factors to TF32, those within Winograd's transforms excepted; {@code -Dlrcc.precision=tf32} allows it from the start. */
    public void allowTf32(boolean allowed) {
        queue.roundProducts(allowed);
    }

    /** Waits until all that was asked of this session is done; for measurements. */
    public void synchronize() {
        queue.synchronize();
    }

    /**
     * When a copy ran beside kernels, in milliseconds from the kernels' begin, by the device's own clock.
     *
     * @param kernelsEnd when the kernels were done
     * @param copyBegin when the copy's stream was free for it
     * @param copyEnd when the copy was done
     */
    public record Overlap(double kernelsEnd, double copyBegin, double copyEnd) {}

    /** Does work on this session and prefetches a tensor of the heap beside it; for measurements. Waits for both. */
    public Overlap overlap(Runnable work, Tensor host) {
        // Places are taken from memory before, or the copy would wait for the kernels that may have used it.
        for (int i = 0; i < 2; i++) {
            prefetch(host);
            upload(host).release();
        }
        return queue.prefetch().overlap(work, (HeapStorage) host.storage(), host.offset(), host.elements());
    }

    /** Kernels launched so far, products of the library too. */
    public long launches() {
        return queue.launches();
    }

    /** Tensors and pieces of scratch space in use now. */
    public int livePieces() {
        return queue.memory().pieces();
    }

    @Override
    public Backend backend() {
        return backend;
    }

    @Override
    public Tensor allocate(DType dtype, Shape shape) {
        Tensor tensor = allocateOwn(dtype, shape);
        Scope.adopt(tensor.storage());
        return tensor;
    }

    /** As {@link #allocate}, but under no scope. */
    Tensor allocateOwn(DType dtype, Shape shape) {
        if (dtype == DType.F64) {
            throw new InputException("cuda: tensors of F64 belong to the reference backend");
        }
        return Tensor.view(new DeviceStorage(queue, dtype, shape.elements()), 0, shape);
    }

    @Override
    public void prefetch(Tensor host) {
        if (host.storage() instanceof HeapStorage heap) {
            queue.prefetch().begin(heap, host.offset(), host.elements());
        }
    }

    @Override
    public Tensor upload(Tensor host) {
        Storage arrived = queue.prefetch().take(host.storage(), host.offset(), host.elements());
        if (arrived != null) {
            Scope.adopt(arrived);
            return Tensor.view(arrived, 0, host.shape());
        }
        Tensor tensor = allocate(host.dtype(), host.shape());
        tensor.storage().copyFrom(host.storage(), host.offset(), tensor.offset(), host.elements());
        return tensor;
    }

    @Override
    public Tensor resident(Tensor tensor, long version) {
        return residents.get(tensor, version);
    }

    boolean holds(Tensor tensor) {
        return tensor.storage() instanceof DeviceStorage device && device.queue() == queue;
    }

    /** A tensor that a kernel is about to write. */
    private static Tensor changed(Tensor y) {
        if (y.storage() instanceof DeviceStorage device) {
            device.changes();
        }
        return y;
    }

    @Override
    public void fill(Tensor y, double value) {
        pointwise.fill(changed(y), value);
    }

    @Override
    public void copy(Tensor x, Tensor y) {
        if (x.elements() > 0) {
            y.storage().copyFrom(x.storage(), x.offset(), y.offset(), x.elements());
        }
    }

    @Override
    public void copyBlock(Tensor x, int xStart, int xStride, Tensor y, int yStart, int yStride, int rows, int columns) {
        pointwise.copyBlock(x, xStart, xStride, changed(y), yStart, yStride, rows, columns);
    }

    @Override
    public void permute(Tensor x, int[] axes, Tensor y) {
        pointwise.permute(x, axes, changed(y));
    }

    /** In terms of columns, as cuBLAS has them, c' = op(b)' op(a)'. */
    @Override
    public void gemm(boolean transposeA, boolean transposeB, double alpha, Tensor a, Tensor b, double beta, Tensor c) {
        int m = c.shape().size(0);
        int n = c.shape().size(1);
        int k = a.shape().size(transposeA ? 0 : 1);
        if (m == 0 || n == 0) {
            return;
        }
        if (k == 0) {
            if (beta == 0) {
                fill(c, 0);
            } else {
                scale(beta, c);
            }
            return;
        }
        queue.gemm(
                transposeB,
                transposeA,
                n,
                m,
                k,
                (float) alpha,
                address(b),
                b.shape().size(1),
                address(a),
                a.shape().size(1),
                (float) beta,
                address(c),
                n);
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
        convolution.forward(x, w, bias, residual, activation, geometry, y);
    }

    @Override
    public void conv2dInputGrad(Tensor dy, Tensor w, ConvGeometry geometry, Tensor dx) {
        convolution.inputGrad(dy, w, geometry, dx);
    }

    @Override
    public void conv2dWeightGrad(Tensor x, Tensor dy, ConvGeometry geometry, Tensor dw) {
        convolution.weightGrad(x, dy, geometry, dw);
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
        sums.sumTo(x, y);
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
        images.normalize(x, mean, std, y);
    }

    @Override
    public void softmax(Tensor x, Tensor y) {
        sums.softmax(x, y);
    }

    @Override
    public void maxPool2d(Tensor x, PoolGeometry geometry, Tensor y, @Nullable Tensor positions) {
        if (positions != null) {
            changed(positions);
        }
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
        sums.softmaxCrossEntropy(logits, labels, smoothing, classWeights, normalizer, loss, dLogits);
    }

    @Override
    public void composeSparse(Tensor uv, Tensor s, Tensor mask, @Nullable Tensor noise, Tensor w) {
        pointwise.composeSparse(uv, s, mask, noise, w);
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
        sums.absSum(x, sum);
    }

    @Override
    public void absSumGrad(Tensor x, Tensor dy, Tensor dx) {
        pointwise.absSumGrad(x, dy, dx);
    }

    @Override
    public void truncatedTarget(
            Tensor w, Tensor low, Tensor previous, double inertia, double lambda, double mu, Tensor x) {
        pointwise.truncatedTarget(w, low, previous, inertia, lambda, mu, x);
    }

    @Override
    public double truncatedSquares(Tensor w, Tensor low, double lambda) {
        return sums.truncatedSquares(w, low, lambda);
    }

    @Override
    public void magnitudeHistogram(Tensor x, int shift, int prefix, Tensor counts) {
        pointwise.magnitudeHistogram(x, shift, prefix, changed(counts));
    }

    @Override
    public LinearAlgebra linearAlgebra() {
        allowTf32(false);
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
        pointwise.sgd(parameter, gradient, velocity, rate, momentum, nesterov, weightDecay, first);
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
        pointwise.adamW(parameter, gradient, m, v, rate, beta1, beta2, eps, weightDecay, step);
    }

    @Override
    public double sumOfSquares(Tensor x) {
        return sums.sumOfSquares(x);
    }

    @Override
    public void close() {
        queue.close();
    }
}
