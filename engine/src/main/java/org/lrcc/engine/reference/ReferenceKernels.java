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
        if (y.dtype().isFloating()) {
            double[] values = new double[y.elements()];
            Arrays.fill(values, value);
            Values.write(values, y);
        } else {
            int[] values = new int[y.elements()];
            Arrays.fill(values, (int) value);
            Values.write(values, y);
        }
    }

    @Override
    public void copy(Tensor x, Tensor y) {
        Object array = HeapStorage.newArray(x.dtype(), x.elements());
        x.storage().read(x.offset(), array, 0, x.elements());
        y.storage().write(y.offset(), array, 0, x.elements());
    }

    @Override
    public void copyBlock(Tensor x, int xStart, int xStride, Tensor y, int yStart, int yStride, int rows, int columns) {
        Object row = HeapStorage.newArray(x.dtype(), columns);
        for (int r = 0; r < rows; r++) {
            x.storage().read(x.offset() + xStart + r * xStride, row, 0, columns);
            y.storage().write(y.offset() + yStart + r * yStride, row, 0, columns);
        }
    }

    @Override
    public void permute(Tensor x, int[] axes, Tensor y) {
        int[] from = ReferencePointwise.permutation(x.shape(), axes, y.shape());
        if (x.dtype().isFloating()) {
            double[] values = Values.read(x);
            Values.write(Arrays.stream(from).mapToDouble(i -> values[i]).toArray(), y);
        } else {
            int[] values = Values.readInts(x);
            Values.write(Arrays.stream(from).map(i -> values[i]).toArray(), y);
        }
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

    /** In floats, as it is defined; the oracle and the others agree to the bit. */
    @Override
    public void normalizeImages(Tensor x, float[] mean, float[] std, Tensor y) {
        int[] in = Values.readInts(x);
        int plane = y.shape().size(2) * y.shape().size(3);
        double[] out = new double[y.elements()];
        for (int i = 0; i < out.length; i++) {
            int c = i / plane % mean.length;
            int pixel = i / (plane * mean.length) * plane + i % plane;
            float share = in[pixel * mean.length + c] / 255f;
            out[i] = (share - mean[c]) / std[c];
        }
        Values.write(out, y);
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
        double[] out = Values.read(uv);
        double[] sparse = Values.read(s);
        int[] off = Values.readInts(mask);
        double[] added = Values.readOptional(noise);
        for (int i = 0; i < out.length; i++) {
            out[i] += (off[i] != 0 ? 0 : sparse[i]) + (added == null ? 0 : added[i]);
        }
        Values.write(out, w);
    }

    @Override
    public void maskedGrad(Tensor dw, Tensor mask, Tensor ds) {
        double[] gradient = Values.read(dw);
        int[] off = Values.readInts(mask);
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = off[i] != 0 ? 0 : gradient[i];
        }
        Values.write(gradient, ds);
    }

    @Override
    public void scatterAdd(Tensor values, Tensor indices, Tensor y) {
        double[] added = Values.read(values);
        int[] at = Values.readInts(indices);
        double[] out = Values.read(y);
        for (int i = 0; i < at.length; i++) {
            out[at[i]] += added[i];
        }
        Values.write(out, y);
    }

    @Override
    public void gather(Tensor x, Tensor indices, Tensor values) {
        double[] in = Values.read(x);
        int[] at = Values.readInts(indices);
        double[] out = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            out[i] = in[at[i]];
        }
        Values.write(out, values);
    }

    @Override
    public void absSum(Tensor x, Tensor sum) {
        double total = 0;
        for (double value : Values.read(x)) {
            total += Math.abs(value);
        }
        Values.write(new double[] {total}, sum);
    }

    @Override
    public void absSumGrad(Tensor x, Tensor dy, Tensor dx) {
        double gradient = dy.item();
        Values.write(
                Arrays.stream(Values.read(x))
                        .map(v -> gradient * Math.signum(v))
                        .toArray(),
                dx);
    }

    @Override
    public void truncatedTarget(
            Tensor w, Tensor low, Tensor previous, double inertia, double lambda, double mu, Tensor x) {
        double[] wanted = Values.read(w);
        double[] at = Values.read(low);
        double[] before = Values.read(previous);
        double[] target = new double[at.length];
        double scale = lambda * Math.sqrt(mu * (mu + 1));
        for (int i = 0; i < at.length; i++) {
            double y = at[i] + inertia * (at[i] - before[i]);
            double e = wanted[i] - y;
            double weight = Double.isInfinite(mu)
                    ? Math.abs(e) < lambda ? 1 : 0
                    : Math.min(1, Math.max(0, scale / Math.abs(e) - mu));
            target[i] = weight == 1 ? wanted[i] : y + weight * e;
        }
        Values.write(target, x);
    }

    @Override
    public double truncatedSquares(Tensor w, Tensor low, double lambda) {
        double[] wanted = Values.read(w);
        double[] at = Values.read(low);
        double total = 0;
        for (int i = 0; i < at.length; i++) {
            double e = (float) (wanted[i] - at[i]);
            total += Math.min(e * e, lambda * lambda);
        }
        return total;
    }

    @Override
    public void magnitudeHistogram(Tensor x, int shift, int prefix, Tensor counts) {
        int[] found = Values.readInts(counts);
        int digits = Integer.numberOfTrailingZeros(found.length);
        for (double value : Values.read(x)) {
            int bits = Float.floatToRawIntBits((float) Math.abs(value));
            if (bits >>> shift >>> digits == prefix) {
                found[bits >>> shift & found.length - 1]++;
            }
        }
        Values.write(found, counts);
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
        double[] p = Values.read(parameter);
        double[] g = Values.read(gradient);
        double[] v = momentum == 0 || first ? new double[p.length] : Values.read(velocity);
        for (int i = 0; i < p.length; i++) {
            double slope = g[i] + weightDecay * p[i];
            v[i] = first ? slope : momentum * v[i] + slope;
            double step = momentum == 0 ? slope : nesterov ? slope + momentum * v[i] : v[i];
            p[i] -= rate * step;
        }
        Values.write(p, parameter);
        if (momentum != 0) {
            Values.write(v, velocity);
        }
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
        double[] p = Values.read(parameter);
        double[] g = Values.read(gradient);
        double[] first = Values.read(m);
        double[] second = Values.read(v);
        double correction1 = 1 - Math.pow(beta1, step);
        double correction2 = 1 - Math.pow(beta2, step);
        for (int i = 0; i < p.length; i++) {
            first[i] = beta1 * first[i] + (1 - beta1) * g[i];
            second[i] = beta2 * second[i] + (1 - beta2) * g[i] * g[i];
            p[i] *= 1 - rate * weightDecay;
            p[i] -= rate * (first[i] / correction1) / (Math.sqrt(second[i] / correction2) + eps);
        }
        Values.write(p, parameter);
        Values.write(first, m);
        Values.write(second, v);
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
