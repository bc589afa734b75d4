package org.lrcc.engine.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.LinearAlgebra;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.HeapArena;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** The reference session: reads tensors into doubles, runs the loops of this package, writes what they give. */
public final class ReferenceKernels implements Kernels {
    private final HeapArena arena = new HeapArena();

    ReferenceKernels() {}

    /** Where this session's memory comes from; tells what is held. */
    public HeapArena arena() {
        return arena;
    }

    @Override
    public Backend backend() {
        return ReferenceBackend.INSTANCE;
    }

    @Override
    public Tensor allocate(DType dtype, Shape shape) {
        HeapStorage storage = arena.allocate(dtype, shape.elements());
        return Tensor.view(Scope.adopt(storage), 0, shape);
    }

    @Override
    public Tensor upload(Tensor host) {
        Tensor tensor = allocate(host.dtype(), host.shape());
        copy(host, tensor);
        return tensor;
    }

    @Override
    public void fill(Tensor y, double value) {
        ReferenceLayouts.fill(y, value);
    }

    @Override
    public void copy(Tensor x, Tensor y) {
        ReferenceLayouts.copy(x, y);
    }

    @Override
    public void copyBlock(Tensor x, int xStart, int xStride, Tensor y, int yStart, int yStride, int rows, int columns) {
        ReferenceLayouts.copyBlock(x, xStart, xStride, y, yStart, yStride, rows, columns);
    }

    @Override
    public void permute(Tensor x, int[] axes, Tensor y) {
        ReferenceLayouts.permute(x, axes, y);
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, double alpha, Tensor a, Tensor b, double beta, Tensor c) {
        int rows = c.shape().size(0);
        int columns = c.shape().size(1);
        int depth = a.shape().size(transposeA ? 0 : 1);
        double[] left = Values.read(a);
        double[] right = Values.read(b);
        double[] out = beta == 0 ? new double[rows * columns] : Values.read(c);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                double sum = 0;
                for (int p = 0; p < depth; p++) {
                    sum += left[transposeA ? p * rows + i : i * depth + p]
                            * right[transposeB ? j * depth + p : p * columns + j];
                }
                int at = i * columns + j;
                out[at] = alpha * sum + (beta == 0 ? 0 : beta * out[at]);
            }
        }
        Values.write(out, c);
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
        double[] out = ReferenceConv.forward(Values.read(x), x.shape(), Values.read(w), w.shape(), geometry, y.shape());
        double[] shift = Values.readOptional(bias);
        double[] added = Values.readOptional(residual);
        int plane = y.shape().size(2) * y.shape().size(3);
        for (int i = 0; i < out.length; i++) {
            double value = out[i];
            value += shift == null ? 0 : shift[i / plane % shift.length];
            value += added == null ? 0 : added[i];
            out[i] = activation.f(value);
        }
        Values.write(out, y);
    }

    @Override
    public void conv2dInputGrad(Tensor dy, Tensor w, ConvGeometry geometry, Tensor dx) {
        Values.write(
                ReferenceConv.inputGrad(Values.read(dy), dy.shape(), Values.read(w), w.shape(), geometry, dx.shape()),
                dx);
    }

    @Override
    public void conv2dWeightGrad(Tensor x, Tensor dy, ConvGeometry geometry, Tensor dw) {
        Values.write(
                ReferenceConv.weightGrad(Values.read(x), x.shape(), Values.read(dy), dy.shape(), geometry, dw.shape()),
                dw);
    }

    @Override
    public void channelSum(Tensor x, Tensor sum) {
        Values.write(ReferenceNorm.channelSum(Values.read(x), x.shape()), sum);
    }

    @Override
    public void batchNormStatistics(Tensor x, Tensor mean, Tensor variance) {
        double[] values = Values.read(x);
        double[] means = ReferenceNorm.mean(values, x.shape());
        Values.write(means, mean);
        Values.write(ReferenceNorm.variance(values, x.shape(), means), variance);
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
        Values.write(
                ReferenceNorm.forward(
                        Values.read(x),
                        x.shape(),
                        Values.read(mean),
                        Values.read(variance),
                        eps,
                        Values.read(gamma),
                        Values.read(beta),
                        Values.readOptional(residual),
                        activation),
                y);
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
        ReferenceNorm.Gradients gradients = ReferenceNorm.backward(
                batchStatistics,
                Values.read(x),
                x.shape(),
                Values.read(mean),
                Values.read(variance),
                eps,
                Values.read(gamma),
                Values.readOptional(y),
                activation,
                Values.read(dy));
        writeWanted(gradients.dx(), dx);
        writeWanted(gradients.dGamma(), dGamma);
        writeWanted(gradients.dBeta(), dBeta);
        writeWanted(gradients.dResidual(), dResidual);
    }

    private static void writeWanted(double[] values, @Nullable Tensor target) {
        if (target != null) {
            Values.write(values, target);
        }
    }

    @Override
    public void activation(Tensor x, Activation activation, Tensor y) {
        Values.write(Arrays.stream(Values.read(x)).map(activation::f).toArray(), y);
    }

    @Override
    public void activationGrad(Tensor y, Tensor dy, Activation activation, Tensor dx) {
        double[] values = Values.read(y);
        double[] gradient = Values.read(dy);
        for (int i = 0; i < values.length; i++) {
            gradient[i] *= activation.df(values[i]);
        }
        Values.write(gradient, dx);
    }

    @Override
    public void binary(Binary op, Tensor a, Tensor b, Tensor y) {
        Values.write(ReferencePointwise.binary(op, Values.read(a), a.shape(), Values.read(b), b.shape(), y.shape()), y);
    }

    @Override
    public void sumTo(Tensor x, Tensor y) {
        Values.write(ReferencePointwise.sumTo(Values.read(x), x.shape(), y.shape()), y);
    }

    @Override
    public void axpy(double alpha, Tensor x, Tensor y) {
        double[] added = Values.read(x);
        double[] values = Values.read(y);
        for (int i = 0; i < values.length; i++) {
            values[i] += alpha * added[i];
        }
        Values.write(values, y);
    }

    @Override
    public void scale(double alpha, Tensor y) {
        Values.write(Arrays.stream(Values.read(y)).map(v -> alpha * v).toArray(), y);
    }

    @Override
    public void dropout(Tensor x, double p, long seed, long stream, Tensor y) {
        Values.write(ReferencePointwise.dropout(Values.read(x), p, seed, stream), y);
    }

    @Override
    public void normalizeImages(Tensor x, float[] mean, float[] std, Tensor y) {
        ReferenceImages.normalize(x, mean, std, y);
    }

    @Override
    public void softmax(Tensor x, Tensor y) {
        Values.write(ReferencePointwise.softmax(Values.read(x), x.shape().size(-1)), y);
    }

    @Override
    public void maxPool2d(Tensor x, PoolGeometry geometry, Tensor y, @Nullable Tensor positions) {
        double[] values = Values.read(x);
        int[] winners = ReferencePool.winners(values, x.shape(), geometry, y.shape());
        Values.write(ReferencePool.max(values, x.shape(), geometry, y.shape(), winners), y);
        if (positions != null) {
            Values.write(winners, positions);
        }
    }

    @Override
    public void maxPool2dGrad(Tensor dy, Tensor positions, PoolGeometry geometry, Tensor dx) {
        Values.write(
                ReferencePool.maxGrad(Values.read(dy), dy.shape(), Values.readInts(positions), geometry, dx.shape()),
                dx);
    }

    @Override
    public void avgPool2d(Tensor x, PoolGeometry geometry, Tensor y) {
        Values.write(ReferencePool.average(Values.read(x), x.shape(), geometry, y.shape()), y);
    }

    @Override
    public void avgPool2dGrad(Tensor dy, PoolGeometry geometry, Tensor dx) {
        Values.write(ReferencePool.averageGrad(Values.read(dy), dy.shape(), geometry, dx.shape()), dx);
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
        ReferenceLoss.Result result = ReferenceLoss.softmaxCrossEntropy(
                Values.read(logits),
                logits.shape().size(1),
                labels.toInts(),
                smoothing,
                Values.readOptional(classWeights),
                normalizer);
        Values.write(new double[] {result.loss()}, loss);
        writeWanted(result.dLogits(), dLogits);
    }

    @Override
    public void composeSparse(Tensor uv, Tensor s, Tensor mask, @Nullable Tensor noise, Tensor w) {
        ReferenceSparse.composeSparse(uv, s, mask, noise, w);
    }

    @Override
    public void maskedGrad(Tensor dw, Tensor mask, Tensor ds) {
        ReferenceSparse.maskedGrad(dw, mask, ds);
    }

    @Override
    public void scatterAdd(Tensor values, Tensor indices, Tensor y) {
        ReferenceSparse.scatterAdd(values, indices, y);
    }

    @Override
    public void gather(Tensor x, Tensor indices, Tensor values) {
        ReferenceSparse.gather(x, indices, values);
    }

    @Override
    public void absSum(Tensor x, Tensor sum) {
        ReferenceSparse.absSum(x, sum);
    }

    @Override
    public void absSumGrad(Tensor x, Tensor dy, Tensor dx) {
        ReferenceSparse.absSumGrad(x, dy, dx);
    }

    @Override
    public void truncatedTarget(
            Tensor w, Tensor low, Tensor previous, double inertia, double lambda, double mu, Tensor x) {
        ReferenceTruncation.truncatedTarget(w, low, previous, inertia, lambda, mu, x);
    }

    @Override
    public double truncatedSquares(Tensor w, Tensor low, double lambda) {
        return ReferenceTruncation.truncatedSquares(w, low, lambda);
    }

    @Override
    public void magnitudeHistogram(Tensor x, int shift, int prefix, Tensor counts) {
        ReferenceTruncation.magnitudeHistogram(x, shift, prefix, counts);
    }

    @Override
    public LinearAlgebra linearAlgebra() {
        return new ReferenceLinearAlgebra();
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
        ReferenceOptimizers.sgd(parameter, gradient, velocity, rate, momentum, nesterov, weightDecay, first);
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
        ReferenceOptimizers.adamW(parameter, gradient, m, v, rate, beta1, beta2, eps, weightDecay, step);
    }

    @Override
    public double sumOfSquares(Tensor x) {
        double total = 0;
        for (double value : Values.read(x)) {
            total += value * value;
        }
        return total;
    }

    @Override
    public void close() {
        arena.close();
    }
}
