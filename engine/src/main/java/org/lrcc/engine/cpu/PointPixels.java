package org.lrcc.engine.cpu;

/** The pixels of planes that kernels of one tap read, channels side by side. */
final class PointPixels {
    private PointPixels() {}

    /** {@code a[to + c + j*next] = x[from + c*plane + j*step]} for {@code c < channels, j < n}: a row of pixels, float by float but four planes at once. */
    static void pack(float[] x, int from, int plane, int channels, int step, int n, float[] a, int to, int next) {
        int c = 0;
        for (; c + 4 <= channels; c += 4) {
            four(x, from + c * plane, plane, step, n, a, to + c, next);
        }
        for (; c < channels; c++) {
            one(x, from + c * plane, step, n, a, to + c, next);
        }
    }

    private static void four(float[] x, int from, int plane, int step, int n, float[] a, int to, int next) {
        for (int j = 0; j < n; j++) {
            int s = from + j * step;
            int d = to + j * next;
            a[d] = x[s];
            a[d + 1] = x[s + plane];
            a[d + 2] = x[s + 2 * plane];
            a[d + 3] = x[s + 3 * plane];
        }
    }

    private static void one(float[] x, int from, int step, int n, float[] a, int to, int next) {
        for (int j = 0; j < n; j++) {
            a[to + j * next] = x[from + j * step];
        }
    }
}
