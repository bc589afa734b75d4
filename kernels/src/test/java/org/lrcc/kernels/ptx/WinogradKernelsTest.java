package org.lrcc.kernels.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The transforms of Winograd's convolution around products by plain loops give what the plain convolution gives. */
class WinogradKernelsTest {
    private static final Offset<Double> CLOSE = Offset.offset(2e-5);

    private final Random random = new Random(1);

    private record Case(int n, int c, int m, int h, int w, int top, int left, int oh, int ow) {
        int tilesH() {
            return (oh + 3) / 4;
        }

        int tilesW() {
            return (ow + 3) / 4;
        }

        int tiles() {
            return (n * tilesH() * tilesW() + 3) / 4 * 4;
        }
    }

    /** Sizes, and the padding above, left, below and right. */
    @ParameterizedTest
    @CsvSource({
        "2,3,4,8,8,1,1,1,1",
        "1,2,3,5,7,1,1,1,1",
        "3,1,2,4,9,0,0,0,0",
        "1,2,2,3,3,2,2,2,2",
        "2,2,1,6,8,0,1,2,0",
        "1,1,1,1,1,1,1,1,1",
        "1,2,2,4,8,1,1,1,2"
    })
    void agreesWithTheConvolution(int n, int c, int m, int h, int w, int top, int left, int bottom, int right)
            throws IOException {
        Case s = new Case(n, c, m, h, w, top, left, h + top + bottom - 2, w + left + right - 2);
        float[] x = values(n * c * h * w);
        float[] weight = values(m * c * 9);
        float[] dy = values(n * m * s.oh() * s.ow());
        Launch launch = new Launch(Ptx.read("winograd"));
        close(forward(launch, s, x, weight), output(s, x, weight));
        close(inputGrad(launch, s, dy, weight), plainInputGrad(s, dy, weight));
        close(weightGrad(launch, s, x, dy), plainWeightGrad(s, x, dy));
    }

    private float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    private static void close(float[] got, double[] want) {
        assertThat(got).hasSameSizeAs(want);
        for (int i = 0; i < got.length; i++) {
            assertThat((double) got[i]).as("element %d", i).isCloseTo(want[i], CLOSE);
        }
    }

    private static float[] input(Launch launch, Case s, float[] x, int channels, int h, int w, int top, int left) {
        int total = channels * s.tiles();
        long v = launch.empty(36 * 4 * total);
        launch.run(
                "winogradInput",
                3,
                64,
                launch.floats(x),
                v,
                s.n(),
                channels,
                h,
                w,
                s.tilesH(),
                s.tilesW(),
                top,
                left,
                s.tiles(),
                total);
        return launch.floats(v, 36 * total);
    }

    /** products [36, rows, columns] = left [36, rows, inner] right [36, inner, columns], or right transposed. */
    private static float[] products(float[] left, float[] right, int rows, int inner, int columns, boolean transposed) {
        float[] out = new float[36 * rows * columns];
        for (int k = 0; k < 36; k++) {
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    double sum = 0;
                    for (int i = 0; i < inner; i++) {
                        int at = transposed ? c * inner + i : i * columns + c;
                        sum += left[(k * rows + r) * inner + i] * (double) right[k * inner * columns + at];
                    }
                    out[(k * rows + r) * columns + c] = (float) sum;
                }
            }
        }
        return out;
    }

    private static float[] output(Launch launch, Case s, float[] products, int channels, int oh, int ow) {
        int total = channels * s.tiles();
        long y = launch.empty(4 * s.n() * channels * oh * ow);
        launch.run(
                "winogradOutput",
                2,
                96,
                launch.floats(products),
                0L,
                0L,
                0,
                0f,
                0f,
                y,
                s.n(),
                channels,
                oh,
                ow,
                s.tilesH(),
                s.tilesW(),
                s.tiles(),
                total);
        return launch.floats(y, s.n() * channels * oh * ow);
    }

    private static float[] forward(Launch launch, Case s, float[] x, float[] weight) {
        long u = launch.empty(36 * 4 * s.m() * s.c());
        launch.run("winogradKernel", 1, 64, launch.floats(weight), u, s.m() * s.c());
        float[] v = input(launch, s, x, s.c(), s.h(), s.w(), s.top(), s.left());
        float[] products = products(launch.floats(u, 36 * s.m() * s.c()), v, s.m(), s.c(), s.tiles(), false);
        return output(launch, s, products, s.m(), s.oh(), s.ow());
    }

    private static float[] inputGrad(Launch launch, Case s, float[] dy, float[] weight) {
        Case back = new Case(s.n(), s.m(), s.c(), s.oh(), s.ow(), 2 - s.top(), 2 - s.left(), s.h(), s.w());
        long u = launch.empty(36 * 4 * s.m() * s.c());
        launch.run("winogradKernelTurned", 1, 64, launch.floats(weight), u, s.m(), s.c(), s.m() * s.c());
        float[] v = input(launch, back, dy, s.m(), s.oh(), s.ow(), back.top(), back.left());
        float[] products = products(launch.floats(u, 36 * s.m() * s.c()), v, s.c(), s.m(), back.tiles(), false);
        return output(launch, back, products, s.c(), s.h(), s.w());
    }

    private static float[] weightGrad(Launch launch, Case s, float[] x, float[] dy) {
        int total = s.m() * s.tiles();
        long g = launch.empty(36 * 4 * total);
        launch.run(
                "winogradOutputGrad",
                2,
                64,
                launch.floats(dy),
                g,
                s.n(),
                s.m(),
                s.oh(),
                s.ow(),
                s.tilesH(),
                s.tilesW(),
                s.tiles(),
                total);
        float[] v = input(launch, s, x, s.c(), s.h(), s.w(), s.top(), s.left());
        float[] z = products(launch.floats(g, 36 * total), v, s.m(), s.tiles(), s.c(), true);
        long dw = launch.empty(4 * s.m() * s.c() * 9);
        launch.run("winogradKernelGrad", 1, 64, launch.floats(z), dw, s.m() * s.c());
        return launch.floats(dw, s.m() * s.c() * 9);
    }

    /** One product of the convolution. */
    private interface Visit {
        void at(int x, int weight, int y);
    }

    private static void visit(Case s, Visit visit) {
        for (int y = 0; y < s.n() * s.m() * s.oh() * s.ow(); y++) {
            int ow = y % s.ow();
            int oh = y / s.ow() % s.oh();
            int m = y / s.ow() / s.oh() % s.m();
            int n = y / s.ow() / s.oh() / s.m();
            for (int k = 0; k < s.c() * 9; k++) {
                int h = oh - s.top() + k / 3 % 3;
                int w = ow - s.left() + k % 3;
                if (h >= 0 && h < s.h() && w >= 0 && w < s.w()) {
                    visit.at(((n * s.c() + k / 9) * s.h() + h) * s.w() + w, m * s.c() * 9 + k, y);
                }
            }
        }
    }

    private static double[] output(Case s, float[] x, float[] weight) {
        double[] y = new double[s.n() * s.m() * s.oh() * s.ow()];
        visit(s, (i, k, o) -> y[o] += x[i] * (double) weight[k]);
        return y;
    }

    private static double[] plainInputGrad(Case s, float[] dy, float[] weight) {
        double[] dx = new double[s.n() * s.c() * s.h() * s.w()];
        visit(s, (i, k, o) -> dx[i] += dy[o] * (double) weight[k]);
        return dx;
    }

    private static double[] plainWeightGrad(Case s, float[] x, float[] dy) {
        double[] dw = new double[s.m() * s.c() * 9];
        visit(s, (i, k, o) -> dw[k] += x[i] * (double) dy[o]);
        return dw;
    }
}
