package org.lrcc.engine.cpu;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * Batch normalisation and sums per channel.
 *
 * <p>Statistics are taken in one pass around the mean of a few of the channel's values, which keeps the variance of a channel with a large mean from cancelling; runs
 * of a few thousand floats are summed in vectors, their sums in double, in the order of the batch. Forward then is one fused multiply-add an element
 * with residual and activation in the same pass; backward two passes (the sums, then the gradient), both of which take the activation's derivative
 * off the output.
 */
final class NormKernels {
    /** Elements a chunk of channels has at least. */
    private static final int CHUNK = 32_768;

    /** Values of a channel around whose mean its statistics are taken. */
    private static final int SAMPLES = 16;

    private final ThreadPool pool;
    private final Loops loops;

    NormKernels(ThreadPool pool, Loops loops) {
        this.pool = pool;
        this.loops = loops;
    }

    /** Layout of [N, C, ...]. */
    private record Layout(int batch, int channels, int plane) {
        static Layout of(Shape s) {
            return new Layout(s.size(0), s.size(1), s.elements(2, s.rank()));
        }

        int at(int n, int c) {
            return (n * channels + c) * plane;
        }

        double count() {
            return (double) batch * plane;
        }
    }

    @FunctionalInterface
    private interface ChannelBody {
        void run(int channel);
    }

    private void eachChannel(Layout l, ChannelBody body) {
        int perChunk = Math.max(1, CHUNK / Math.max(1, l.batch * l.plane));
        pool.run((l.channels + perChunk - 1) / perChunk, chunk -> {
            int end = Math.min(l.channels, (chunk + 1) * perChunk);
            for (int c = chunk * perChunk; c < end; c++) {
                body.run(c);
            }
        });
    }

    void channelSum(Tensor x, Tensor sum) {
        Layout l = Layout.of(x.shape());
        Floats in = Floats.of(x);
        Floats out = Floats.of(sum);
        eachChannel(l, c -> {
            float[] lanes = Workspace.lanes();
            double total = 0;
            for (int n = 0; n < l.batch; n++) {
                total += loops.sum(in.array(), in.offset() + l.at(n, c), l.plane, lanes);
            }
            out.array()[out.offset() + c] = (float) total;
        });
    }

    void statistics(Tensor x, Tensor mean, Tensor variance) {
        Layout l = Layout.of(x.shape());
        Floats in = Floats.of(x);
        Floats m = Floats.of(mean);
        Floats v = Floats.of(variance);
        eachChannel(l, c -> {
            double[] sums = Workspace.twoSums();
            float[] lanes = Workspace.lanes();
            float shift = sampled(l, in, c);
            for (int n = 0; n < l.batch; n++) {
                loops.moments(in.array(), in.offset() + l.at(n, c), l.plane, shift, sums, lanes);
            }
            double offset = sums[0] / l.count();
            m.array()[m.offset() + c] = (float) (shift + offset);
            v.array()[v.offset() + c] = (float) nonNegative(sums[1] / l.count() - offset * offset);
        });
    }

    /**
     * The mean of values spread over the channel. A single one may lie far out: at 100 standard deviations from the mean it cost the variance 9e-5 of itself, among {@value #SAMPLES} under 1e-6.
     */
    private static float sampled(Layout l, Floats x, int c) {
        int n = (int) Math.min(SAMPLES, l.count());
        double sum = 0;
        for (int i = 0; i < n; i++) {
            long at = (long) (l.count() / n * i);
            sum += x.array()[x.offset() + l.at((int) (at / l.plane), c) + (int) (at % l.plane)];
        }
        return (float) (sum / n);
    }

    /** Rounding may leave a constant channel slightly below zero; NaN stays. */
    private static double nonNegative(double variance) {
        return variance < 0 ? 0 : variance;
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
        Layout l = Layout.of(x.shape());
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        Floats g = Floats.of(gamma);
        Floats b = Floats.of(beta);
        Floats m = Floats.of(mean);
        Floats v = Floats.of(variance);
        Floats r = Floats.ofNullable(residual);
        Activations.Clamp clamp = Activations.clamp(activation);
        eachChannel(l, c -> {
            double scale = g.array()[g.offset() + c] / Math.sqrt(v.array()[v.offset() + c] + eps);
            float a = (float) scale;
            float shift = (float) (b.array()[b.offset() + c] - m.array()[m.offset() + c] * scale);
            for (int n = 0; n < l.batch; n++) {
                int at = l.at(n, c);
                loops.affine(
                        in.array(),
                        in.offset() + at,
                        l.plane,
                        a,
                        shift,
                        r == null ? null : r.array(),
                        r == null ? 0 : r.offset() + at,
                        clamp.low(),
                        clamp.high(),
                        out.array(),
                        out.offset() + at);
                if (clamp.leaks()) {
                    Activations.leak(
                            out.array(), out.offset() + at, l.plane, clamp.slope(), out.array(), out.offset() + at);
                }
            }
        });
    }

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
        Layout l = Layout.of(x.shape());
        boolean active = activation.kind() != Activation.Kind.NONE;
        Gradient gradient = new Gradient(
                l,
                Floats.of(x),
                active ? Floats.ofNullable(y) : null,
                Floats.of(dy),
                Floats.ofNullable(dx),
                Floats.ofNullable(dResidual),
                Activations.bounds(activation));
        Floats g = Floats.of(gamma);
        Floats m = Floats.of(mean);
        Floats v = Floats.of(variance);
        Floats outGamma = Floats.ofNullable(dGamma);
        Floats outBeta = Floats.ofNullable(dBeta);
        boolean sums = dGamma != null || dBeta != null || batchStatistics;
        eachChannel(l, c -> {
            float center = m.array()[m.offset() + c];
            double inverse = 1 / Math.sqrt(v.array()[v.offset() + c] + eps);
            double[] moments = Workspace.twoSums();
            if (sums) {
                gradient.moments(loops, c, center, moments);
            }
            if (outBeta != null) {
                outBeta.array()[outBeta.offset() + c] = (float) moments[0];
            }
            if (outGamma != null) {
                outGamma.array()[outGamma.offset() + c] = (float) (moments[1] * inverse);
            }
            double a = g.array()[g.offset() + c] * inverse;
            double slope = batchStatistics ? -a * inverse * inverse * moments[1] / l.count() : 0;
            double constant = batchStatistics ? -a * moments[0] / l.count() - slope * center : 0;
            gradient.write(loops, c, (float) a, (float) slope, (float) constant);
        });
    }

    /** The two passes of backward over one channel. */
    private record Gradient(
            Layout l,
            Floats x,
            @Nullable Floats y,
            Floats dy,
            @Nullable Floats dx,
            @Nullable Floats dr,
            Loops.Bounds bounds) {

        void moments(Loops loops, int c, float center, double[] out) {
            float[] lanes = Workspace.lanes();
            for (int n = 0; n < l.batch; n++) {
                int at = l.at(n, c);
                loops.gradientMoments(
                        x.array(),
                        x.offset() + at,
                        y == null ? null : y.array(),
                        y == null ? 0 : y.offset() + at,
                        dy.array(),
                        dy.offset() + at,
                        l.plane,
                        center,
                        bounds,
                        out,
                        lanes);
            }
        }

        void write(Loops loops, int c, float a, float slope, float constant) {
            for (int n = 0; n < l.batch; n++) {
                int at = l.at(n, c);
                if (dx != null) {
                    loops.gradientAffine(
                            x.array(),
                            x.offset() + at,
                            y == null ? null : y.array(),
                            y == null ? 0 : y.offset() + at,
                            dy.array(),
                            dy.offset() + at,
                            l.plane,
                            a,
                            slope,
                            constant,
                            bounds,
                            dx.array(),
                            dx.offset() + at,
                            dr == null ? null : dr.array(),
                            dr == null ? 0 : dr.offset() + at);
                } else if (dr != null) {
                    residualOnly(loops, at, dr);
                }
            }
        }

        private void residualOnly(Loops loops, int at, Floats target) {
            if (y == null) {
                System.arraycopy(dy.array(), dy.offset() + at, target.array(), target.offset() + at, l.plane);
            } else {
                loops.bounded(
                        y.array(),
                        y.offset() + at,
                        dy.array(),
                        dy.offset() + at,
                        l.plane,
                        bounds,
                        target.array(),
                        target.offset() + at);
            }
        }
    }
}
