package org.lrcc.engine.cpu;

import org.jspecify.annotations.Nullable;

/** Memory-bound loops without the Vector API. */
final class PlainLoops implements Loops {
    @Override
    public void moments(float[] x, int xo, int n, float shift, double[] out, float[] lanes) {
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            double v = x[xo + i] - shift;
            sum += v;
            squares += v * v;
        }
        out[0] += sum;
        out[1] += squares;
    }

    @Override
    public double sum(float[] x, int xo, int n, float[] lanes) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[xo + i];
        }
        return sum;
    }

    @Override
    public void means(float[] x, int xo, int n, int count, float[] y, int yo, float[] lanes) {
        for (int i = 0; i < count; i++) {
            y[yo + i] = (float) (sum(x, xo + i * n, n, lanes) / n);
        }
    }

    @Override
    public void affine(
            float[] x,
            int xo,
            int n,
            float a,
            float b,
            float @Nullable [] residual,
            int ro,
            float low,
            float high,
            float[] y,
            int yo) {
        for (int i = 0; i < n; i++) {
            float v = x[xo + i] * a + b;
            if (residual != null) {
                v += residual[ro + i];
            }
            y[yo + i] = Math.min(high, Math.max(low, v));
        }
    }

    private static float pass(float y, float dy, Bounds b) {
        return y > b.low() && !(y >= b.high()) ? dy : b.outside() == 0f ? 0f : b.outside() * dy;
    }

    @Override
    public void gradientMoments(
            float[] x,
            int xo,
            float @Nullable [] y,
            int yo,
            float[] dy,
            int dyo,
            int n,
            float mean,
            Bounds bounds,
            double[] out,
            float[] lanes) {
        double sum = 0;
        double dot = 0;
        for (int i = 0; i < n; i++) {
            float g = y == null ? dy[dyo + i] : pass(y[yo + i], dy[dyo + i], bounds);
            sum += g;
            dot += g * (x[xo + i] - mean);
        }
        out[0] += sum;
        out[1] += dot;
    }

    @Override
    public void gradientAffine(
            float[] x,
            int xo,
            float @Nullable [] y,
            int yo,
            float[] dy,
            int dyo,
            int n,
            float a,
            float b,
            float c,
            Bounds bounds,
            float[] dx,
            int dxo,
            float @Nullable [] dr,
            int dro) {
        for (int i = 0; i < n; i++) {
            float g = y == null ? dy[dyo + i] : pass(y[yo + i], dy[dyo + i], bounds);
            if (dr != null) {
                dr[dro + i] = g;
            }
            dx[dxo + i] = a * g + b * x[xo + i] + c;
        }
    }

    @Override
    public void clamp(float[] x, int xo, int n, float low, float high, float[] y, int yo) {
        for (int i = 0; i < n; i++) {
            y[yo + i] = Math.min(high, Math.max(low, x[xo + i]));
        }
    }

    @Override
    public void bounded(float[] y, int yo, float[] dy, int dyo, int n, Bounds bounds, float[] dx, int dxo) {
        for (int i = 0; i < n; i++) {
            dx[dxo + i] = pass(y[yo + i], dy[dyo + i], bounds);
        }
    }

    @Override
    public void add(float[] a, int ao, float[] b, int bo, int n, float sign, float[] y, int yo) {
        for (int i = 0; i < n; i++) {
            y[yo + i] = a[ao + i] + sign * b[bo + i];
        }
    }

    @Override
    public void multiply(float[] a, int ao, float[] b, int bo, int n, float[] y, int yo) {
        for (int i = 0; i < n; i++) {
            y[yo + i] = a[ao + i] * b[bo + i];
        }
    }

    @Override
    public void axpy(float alpha, float[] x, int xo, int n, float[] y, int yo) {
        for (int i = 0; i < n; i++) {
            y[yo + i] += alpha * x[xo + i];
        }
    }

    @Override
    public void sgd(float[] p, int po, float[] g, int go, float[] v, int vo, int n, SgdRule r) {
        for (int i = 0; i < n; i++) {
            float slope = r.weightDecay() * p[po + i] + g[go + i];
            float step = slope;
            if (r.momentum() != 0f) {
                float velocity = r.first() ? slope : r.momentum() * v[vo + i] + slope;
                v[vo + i] = velocity;
                step = r.nesterov() ? r.momentum() * velocity + slope : velocity;
            }
            p[po + i] -= r.rate() * step;
        }
    }

    @Override
    public void adamW(float[] p, int po, float[] g, int go, float[] m, int mo, float[] v, int vo, int n, AdamRule r) {
        for (int i = 0; i < n; i++) {
            float slope = g[go + i];
            float first = m[mo + i] * r.beta1() + slope * r.gain1();
            float second = v[vo + i] * r.beta2() + slope * slope * r.gain2();
            m[mo + i] = first;
            v[vo + i] = second;
            float step = first * r.rate() / ((float) Math.sqrt(second * r.secondScale()) + r.eps());
            p[po + i] = p[po + i] * r.keep() - step;
        }
    }

    @Override
    public boolean maxima(float[] x, int xo, int[] taps, int n, float[] y, float[] winners) {
        for (int i = 0; i < n; i++) {
            float best = x[xo + i + taps[0]];
            int winner = 0;
            for (int t = 1; t < taps.length; t++) {
                float v = x[xo + i + taps[t]];
                if (!Float.isNaN(best) && !(v <= best)) {
                    best = v;
                    winner = t;
                }
            }
            y[i] = best;
            winners[i] = winner;
        }
        return false;
    }

    @Override
    public void every(float[] x, int xo, int step, int n, float[] y, int yo) {
        for (int i = 0; i < n; i++) {
            y[yo + i] = x[xo + i * step];
        }
    }
}
