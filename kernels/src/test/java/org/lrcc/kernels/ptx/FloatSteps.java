package org.lrcc.kernels.ptx;

import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.ptx.PtxKernel.Statement;

/**
 * Arithmetic of f32. Java rounds to nearest as PTX does by default; the approximate functions are computed in double and rounded, so they are more
 * exact than a card's.
 */
final class FloatSteps {
    private FloatSteps() {}

    /** Null where the instruction is none of these. */
    static @Nullable Step decode(Statement s, Operands o) {
        if (s.has("ftz") && !s.has("approx")) {
            return null;
        }
        List<String> names = s.operands();
        float[] d = o.floats(names.get(0));
        float[] a = o.floats(names.get(1));
        if (names.size() == 2) {
            return unary(s, d, a);
        }
        float[] b = o.floats(names.get(2));
        if (names.size() == 3) {
            return binary(s, d, a, b);
        }
        if (!s.name().equals("fma")) {
            return null;
        }
        float[] c = o.floats(names.get(3));
        if (!s.has("rn")) {
            return directed(s, d, a, b, c);
        }
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                d[k] = Math.fma(a[k], b[k], c[k]);
            }
        };
    }

    /** fma rounded down, up or to zero: the product is exact in double, the sum's error is known, so the direction is. */
    private static Step directed(Statement s, float[] d, float[] a, float[] b, float[] c) {
        boolean down = s.has("rm");
        boolean up = s.has("rp");
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                double product = (double) a[k] * b[k];
                double sum = product + c[k];
                double part = sum - product;
                double error = (product - (sum - part)) + (c[k] - part);
                float nearest = (float) sum;
                double beyond = (nearest - sum) - error;
                if (beyond > 0 && (down || (!up && nearest > 0))) {
                    nearest = Math.nextDown(nearest);
                } else if (beyond < 0 && (up || (!down && nearest < 0))) {
                    nearest = Math.nextUp(nearest);
                }
                d[k] = nearest;
            }
        };
    }

    private static @Nullable Step unary(Statement s, float[] d, float[] a) {
        return switch (s.name()) {
            case "neg" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = -a[t[i]];
                    }
                };
            case "abs" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = Math.abs(a[t[i]]);
                    }
                };
            case "sqrt" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = (float) Math.sqrt(a[t[i]]);
                    }
                };
            case "rcp" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = 1 / a[t[i]];
                    }
                };
            case "rsqrt" -> apply(d, a, x -> 1 / Math.sqrt(x));
            case "ex2" -> apply(d, a, x -> Math.pow(2, x));
            case "lg2" -> apply(d, a, x -> Math.log(x) / Math.log(2));
            default -> null;
        };
    }

    private static Step apply(float[] d, float[] a, DoubleUnaryOperator f) {
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                d[t[i]] = (float) f.applyAsDouble(a[t[i]]);
            }
        };
    }

    private static @Nullable Step binary(Statement s, float[] d, float[] a, float[] b) {
        if (s.has("rm") || s.has("rp") || s.has("rz")) {
            return null;
        }
        return switch (s.name()) {
            case "add" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = a[k] + b[k];
                    }
                };
            case "sub" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = a[k] - b[k];
                    }
                };
            case "mul" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = a[k] * b[k];
                    }
                };
            case "div" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = a[k] / b[k];
                    }
                };
            case "min", "max" -> extreme(d, a, b, s.name().equals("min") ? Math::min : Math::max);
            case "copysign" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = Math.copySign(b[k], a[k]);
                    }
                };
            default -> null;
        };
    }

    /** The other operand where one is NaN. */
    private static Step extreme(float[] d, float[] a, float[] b, DoubleBinaryOperator f) {
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                float x = a[k];
                float y = b[k];
                d[k] = x != x ? y : y != y ? x : (float) f.applyAsDouble(x, y);
            }
        };
    }
}
