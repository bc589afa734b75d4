package org.lrcc.engine.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** What every backend's kernels do beside the ops: memory, matrices, optimizers, sums, aliasing, special values. */
public abstract class KernelsContract extends KernelsSession {
    private static final int LONG = 1031;

    @Test
    void allocationBelongsToTheInnermostScope() {
        Tensor tensor;
        Tensor kept;
        try (Scope scope = Scope.open()) {
            tensor = plain().allocate(DType.F32, Shape.of(3));
            kept = scope.keep(plain().allocate(DType.F32, Shape.of(2)));
        }
        assertThatThrownBy(tensor::storage).hasMessageContaining("[3]").hasMessageContaining("scope closed");
        assertThat(kept.elements()).isEqualTo(2);
        kept.storage();
    }

    @Test
    void uploadIsACopy() {
        Tensor host = Tensor.of(new float[] {1, 2, 3}, 3);
        Tensor up = plain().upload(host);
        host.storage().write(0, new float[] {7, 7, 7}, 0, 3);
        assertThat(up.toFloats()).containsExactly(1, 2, 3);
        assertThat(plain().upload(Tensor.of(new byte[] {(byte) 200, 1}, 2)).toBytes())
                .containsExactly((byte) 200, (byte) 1);
        assertThat(plain().upload(Tensor.of(new int[] {-5}, 1)).toInts()).containsExactly(-5);
    }

    @Test
    void whatWasPrefetchedIsUploadedAsItIs() {
        for (Tensor host : new Tensor[] {
            Tensor.of(new float[] {1, 2, 3}, 3),
            Tensor.of(new byte[] {1, 2, (byte) 200}, 3),
            Tensor.of(new float[] {4, 5, 6, 7}, 4).slice(1, Shape.of(3))
        }) {
            plain().prefetch(host);
            Tensor up = plain().upload(host);
            assertThat(read(up)).isEqualTo(read(host));
            up.release();
            plain().prefetch(host);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 257})
    void imagesAreNormalizedToTheBit(int pixels) {
        float[] mean = {0.485f, 0.456f, 0.406f};
        float[] std = {0.229f, 0.224f, 0.225f};
        byte[] bytes = new byte[pixels * 3];
        float[] want = new float[pixels * 3];
        for (int i = 0; i < pixels; i++) {
            for (int c = 0; c < 3; c++) {
                int value = (i + c) % 256;
                bytes[3 * i + c] = (byte) value;
                want[c * pixels + i] = (value / 255f - mean[c]) / std[c];
            }
        }
        Tensor x = plain().upload(Tensor.of(bytes, 1, 1, pixels, 3));
        Tensor y = plain().allocate(DType.F32, Shape.of(1, 3, 1, pixels));
        plain().normalizeImages(x, mean, std, y);
        assertThat(y.toFloats()).isEqualTo(want);
    }

    @Test
    void fillAndCopyTakeEveryType() {
        for (DType dtype : new DType[] {DType.F32, DType.I32, DType.U8}) {
            Tensor x = k.allocate(dtype, Shape.of(37));
            Tensor y = k.allocate(dtype, Shape.of(37));
            k.fill(x, 3);
            k.copy(x, y);
            double[] want = new double[37];
            Arrays.fill(want, 3);
            assertThat(read(y)).as(dtype.name()).isEqualTo(want);
        }
    }

    @Test
    void copyBlockWritesItsBlockAlone() {
        Tensor x = real(values(0, 5 * 7), 5, 7);
        Tensor y = k.allocate(DType.F32, Shape.of(4, 11));
        k.fill(y, -9);
        k.copyBlock(x, 8, 14, y, 13, 11, 2, 5);
        double[] want = new double[44];
        Arrays.fill(want, -9);
        for (int r = 0; r < 2; r++) {
            for (int c = 0; c < 5; c++) {
                want[13 + 11 * r + c] = values(0, 35)[8 + 14 * r + c];
            }
        }
        assertThat(read(y)).isEqualTo(want);
    }

    @ParameterizedTest
    @CsvSource({"1,0", "-0.5,0", "1,1", "2,-0.25", "0,2", "0,0"})
    void gemmScalesBoth(double alpha, double beta) {
        int[][] sizes = {{5, 3, 7}, {37, 65, 33}, {1, 40, 9}, {9, 40, 1}, {130, 70, 67}};
        for (int[] s : sizes) {
            for (int flags = 0; flags < 4; flags++) {
                gemm(s[0], s[1], s[2], (flags & 1) != 0, (flags & 2) != 0, alpha, beta);
            }
        }
    }

    private void gemm(int m, int depth, int n, boolean transposeA, boolean transposeB, double alpha, double beta) {
        double[] a = values(1, m * depth);
        double[] b = values(2, depth * n);
        double[] c = values(3, m * n);
        double[] want = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int p = 0; p < depth; p++) {
                    sum += a[transposeA ? p * m + i : i * depth + p] * b[transposeB ? j * depth + p : p * n + j];
                }
                want[i * n + j] = alpha * sum + beta * c[i * n + j];
            }
        }
        // Where beta is 0 the output is left poisoned: it must not be read.
        Tensor out = beta == 0 ? k.allocate(DType.F32, Shape.of(m, n)) : real(c, m, n);
        k.gemm(
                transposeA,
                transposeB,
                alpha,
                transposeA ? real(a, depth, m) : real(a, m, depth),
                transposeB ? real(b, n, depth) : real(b, depth, n),
                beta,
                out);
        Compare.close(
                "gemm " + m + "x" + depth + "x" + n + " " + transposeA + " " + transposeB + " " + alpha + " " + beta,
                want,
                read(out),
                1e-5);
    }

    @ParameterizedTest
    @CsvSource({
        "5,3,7,1",
        "37,65,33,-0.5",
        "1,40,9,2",
        "130,700,67,0.25",
        "9,4,1,0",
        "3,0,5,1",
        "70,8,64,0.5",
        "130,16,48,1",
        "5,17,32,2",
        "7,300,70,0.5",
        "16,1000,33,1"
    })
    void gemmPlusAddsToAnother(int m, int depth, int n, double alpha) {
        double[] a = values(1, m * depth);
        double[] b = values(2, depth * n);
        double[] d = values(3, m * n);
        double[] want = new double[m * n];
        for (int i = 0; i < m * n; i++) {
            double sum = 0;
            for (int p = 0; p < depth; p++) {
                sum += a[i / n * depth + p] * b[p * n + i % n];
            }
            want[i] = d[i] + alpha * sum;
        }
        Tensor addend = real(d, n, m);
        Tensor out = k.allocate(DType.F32, Shape.of(m, n));
        k.gemmPlus(alpha, real(a, m, depth), real(b, depth, n), addend, out);
        Compare.close("gemmPlus " + m + "x" + depth + "x" + n + " " + alpha, want, read(out), 1e-5);
        assertThat(read(addend)).isEqualTo(read(real(d, n, m)));
    }

    @Test
    void gemmWithoutDepthIsZeroOrScaled() {
        Tensor c = k.allocate(DType.F32, Shape.of(2, 3));
        k.gemm(false, false, 1, real(new double[0], 2, 0), real(new double[0], 0, 3), 0, c);
        assertThat(read(c)).containsOnly(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 64, LONG})
    void axpyAndScale(int size) {
        double[] x = values(1, size);
        double[] y = values(2, size);
        Tensor out = real(y, size);
        k.axpy(-1.5, real(x, size), out);
        k.scale(0.75, out);
        double[] want = IntStream.range(0, size)
                .mapToDouble(i -> 0.75 * (y[i] - 1.5 * x[i]))
                .toArray();
        Compare.close("axpy, scale", want, read(out), 1e-6);
    }

    @Test
    void sumOfSquaresIsInDouble() {
        double[] x = values(1, 100_003);
        double want = Arrays.stream(x).map(v -> v * v).sum();
        assertThat(k.sumOfSquares(real(x, x.length))).isCloseTo(want, Offset.offset(want * 1e-9));
        // A float would lose the small ones and overflow on the large one.
        assertThat(k.sumOfSquares(real(new double[] {1e30f, 1}, 2))).isGreaterThan(1e59);
        assertThat(k.sumOfSquares(real(new double[] {4096, 1e-3f}, 2))).isGreaterThan(16777216);
        for (double special : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
            double[] bad = values(1, 77);
            bad[75] = special;
            assertThat(Double.isFinite(k.sumOfSquares(real(bad, 77)))).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"0,false", "0.9,false", "0.9,true"})
    void sgdIsTorchs(double momentum, boolean nesterov) {
        double[] p = {0.5, -1.25, 2, 0};
        Tensor parameter = real(p, 4);
        Tensor velocity = k.allocate(DType.F32, Shape.of(4));
        for (int step = 0; step < 3; step++) {
            Tensor gradient = real(gradient(step), 4);
            k.sgd(parameter, gradient, velocity, 0.1, momentum, nesterov, 0.01, step == 0);
            Compare.close("gradient", gradient(step), read(gradient), 1e-7);
        }
        double[] want;
        if (momentum == 0) {
            want = new double[] {0.4385414895, -1.18631372875, 1.979070968, -0.2997001};
        } else if (nesterov) {
            want = new double[] {0.35056756198049993, -1.07925414924625, 1.905536586512, -0.8035098859};
        } else {
            want = new double[] {0.4021553895, -1.13088947875, 1.918108568, -0.5605201};
        }
        Compare.close("sgd", want, read(parameter), 1e-6);
    }

    @Test
    void adamWIsTorchs() {
        Tensor parameter = real(new double[] {0.5, -1.25, 2, 0}, 4);
        Tensor m = real(new double[4], 4);
        Tensor v = real(new double[4], 4);
        for (int step = 1; step <= 3; step++) {
            k.adamW(parameter, real(gradient(step - 1), 4), m, v, 0.01, 0.9, 0.99, 1e-6, 0.05, step);
        }
        double[] want = {0.47007130747826914, -1.2181410847680132, 1.9776173400287862, -0.029984972515027485};
        Compare.close("adamW", want, read(parameter), 1e-6);
    }

    private static double[] gradient(int step) {
        return new double[] {0.1 * (step + 1), -0.2, 0.3 - 0.25 * step, 1};
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 17, LONG, 20_011})
    void optimizersReachEveryElement(int size) {
        double[] p = values(1, size);
        double[] g = values(2, size);
        double[] v = values(3, size);
        Tensor parameter = real(p, size);
        Tensor velocity = real(v, size);
        k.sgd(parameter, real(g, size), velocity, 0.05, 0.8, true, 0.1, false);
        double[] wantV = new double[size];
        double[] wantP = new double[size];
        for (int i = 0; i < size; i++) {
            double slope = g[i] + 0.1 * p[i];
            wantV[i] = 0.8 * v[i] + slope;
            wantP[i] = p[i] - 0.05 * (slope + 0.8 * wantV[i]);
        }
        Compare.close("velocity", wantV, read(velocity), 1e-6);
        Compare.close("parameter", wantP, read(parameter), 1e-6);
        Tensor adam = real(p, size);
        Tensor first = real(v, size);
        Tensor second = real(Arrays.stream(v).map(Math::abs).toArray(), size);
        k.adamW(adam, real(g, size), first, second, 0.01, 0.9, 0.999, 1e-8, 0.02, 7);
        for (int i = 0; i < size; i++) {
            double m = 0.9 * v[i] + 0.1 * g[i];
            double s = 0.999 * Math.abs(v[i]) + 0.001 * g[i] * g[i];
            double step = m / (1 - Math.pow(0.9, 7)) / (Math.sqrt(s / (1 - Math.pow(0.999, 7))) + 1e-8);
            wantP[i] = p[i] * (1 - 0.01 * 0.02) - 0.01 * step;
        }
        Compare.close("adamW", wantP, read(adam), 1e-5);
    }

    @Test
    void dropoutDrawsPhilox() {
        long seed = 0x1234_5678_9ABC_DEF0L;
        double[] x = values(1, LONG);
        Tensor y = real(x, LONG);
        k.dropout(y, 0.4, seed, 99, y);
        double[] got = read(y);
        int[] block = new int[4];
        for (int i = 0; i < LONG; i++) {
            Philox.block(seed, 99, i / 4, block);
            boolean kept = Philox.toFloat(block[i % 4]) >= 0.4;
            assertThat(got[i]).as("element %d", i).isCloseTo(kept ? x[i] / 0.6 : 0, Offset.offset(1e-6));
        }
        assertThat(Arrays.stream(got).filter(v -> v == 0).count()).isBetween(340L, 480L);
    }

    @Test
    void outputsMayBeInputsWhereItIsSaid() {
        double[] a = values(1, 6 * 33);
        double[] b = values(2, 6 * 33);
        Tensor x = real(a, 6, 33);
        k.activation(x, Activation.RELU, x);
        Compare.close("activation", map(a, v -> Math.max(v, 0)), read(x), 0);
        Tensor dy = real(b, 6, 33);
        k.activationGrad(x, dy, Activation.RELU, dy);
        Compare.close("activationGrad", zip(a, b, (y, g) -> y > 0 ? g : 0), read(dy), 0);
        Tensor left = real(a, 6, 33);
        k.binary(Kernels.Binary.SUB, left, real(b, 6, 33), left);
        Compare.close("a - b into a", zip(a, b, (p, q) -> p - q), read(left), 1e-6);
        Tensor right = real(b, 6, 33);
        k.binary(Kernels.Binary.SUB, real(a, 6, 33), right, right);
        Compare.close("a - b into b", zip(a, b, (p, q) -> p - q), read(right), 1e-6);
        Tensor both = real(a, 6, 33);
        k.binary(Kernels.Binary.MUL, both, both, both);
        Compare.close("a a into a", map(a, v -> v * v), read(both), 1e-6);
        Tensor rows = real(a, 6, 33);
        k.binary(Kernels.Binary.ADD, rows, real(Arrays.copyOf(b, 33), 33), rows);
        Compare.close("a + row into a", zip(a, repeat(b, 33, a.length), Double::sum), read(rows), 1e-6);
        Tensor w = real(a, 6, 33);
        Tensor mask = OpCase.tensor(k, DType.U8, Shape.of(6, 33), map(b, v -> v > 0 ? 1 : 0));
        k.composeSparse(w, real(b, 6, 33), mask, null, w);
        Compare.close("composeSparse", zip(a, b, (p, q) -> p + (q > 0 ? 0 : q)), read(w), 1e-6);
    }

    @Test
    void nanIsNotSwallowed() {
        double[] x = {1, Double.NaN, -1, 0.5, -2, 3, 4, 5, 6, 7, -8, 9, 1, 2, 3, 4, Double.NaN};
        for (Activation activation :
                new Activation[] {Activation.RELU, Activation.clip(0, 6), Activation.leakyRelu(0.1)}) {
            Tensor y = k.allocate(DType.F32, Shape.of(17));
            k.activation(real(x, 17), activation, y);
            double[] got = read(y);
            assertThat(Double.isNaN(got[1])).as(activation.toString()).isTrue();
            assertThat(Double.isNaN(got[16])).as(activation.toString()).isTrue();
            assertThat(Arrays.stream(got).filter(Double::isNaN).count()).isEqualTo(2);
        }
        Tensor sum = k.allocate(DType.F32, Shape.of());
        k.absSum(real(x, 17), sum);
        assertThat(sum.item()).isNaN();
    }

    @Test
    void signOfZeroIsZero() {
        Tensor dx = k.allocate(DType.F32, Shape.of(4));
        k.absSumGrad(real(new double[] {0, -0.0, 3, -2}, 4), real(new double[] {2.5}), dx);
        Compare.close("absSumGrad", new double[] {0, 0, 2.5, -2.5}, read(dx), 0);
    }

    private static double[] map(double[] x, DoubleUnaryOperator f) {
        return Arrays.stream(x).map(f).toArray();
    }

    private static double[] zip(double[] a, double[] b, DoubleBinaryOperator f) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> f.applyAsDouble(a[i], b[i]))
                .toArray();
    }

    private static double[] repeat(double[] x, int period, int length) {
        return IntStream.range(0, length).mapToDouble(i -> x[i % period]).toArray();
    }
}
