package org.lrcc.kernels.ptx;

import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.ptx.PtxKernel.Statement;

/** Arithmetic of f64, which kernels use for a few sums only. */
final class DoubleSteps {
    private DoubleSteps() {}

    /** Null where the instruction is none of these. */
    static @Nullable Step decode(Statement s, Operands o) {
        List<String> names = s.operands();
        if (s.has("rm") || s.has("rp") || s.has("rz")) {
            return null;
        }
        double[] d = o.doubles(names.get(0));
        double[] a = o.doubles(names.get(1));
        if (names.size() == 2) {
            DoubleUnaryOperator f = unary(s);
            return f == null
                    ? null
                    : (t, n) -> {
                        for (int i = 0; i < n; i++) {
                            d[t[i]] = f.applyAsDouble(a[t[i]]);
                        }
                    };
        }
        double[] b = o.doubles(names.get(2));
        if (names.size() == 3) {
            DoubleBinaryOperator f = binary(s);
            return f == null
                    ? null
                    : (t, n) -> {
                        for (int i = 0; i < n; i++) {
                            int k = t[i];
                            d[k] = f.applyAsDouble(a[k], b[k]);
                        }
                    };
        }
        if (!s.name().equals("fma")) {
            return null;
        }
        double[] c = o.doubles(names.get(3));
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                d[k] = Math.fma(a[k], b[k], c[k]);
            }
        };
    }

    private static @Nullable DoubleUnaryOperator unary(Statement s) {
        return switch (s.name()) {
            case "neg" -> x -> -x;
            case "abs" -> Math::abs;
            case "sqrt" -> Math::sqrt;
            case "rcp" -> x -> 1 / x;
            case "rsqrt" -> x -> 1 / Math.sqrt(x);
            default -> null;
        };
    }

    private static @Nullable DoubleBinaryOperator binary(Statement s) {
        return switch (s.name()) {
            case "add" -> Double::sum;
            case "sub" -> (x, y) -> x - y;
            case "mul" -> (x, y) -> x * y;
            case "div" -> (x, y) -> x / y;
            case "min" -> (x, y) -> x != x ? y : y != y ? x : Math.min(x, y);
            case "max" -> (x, y) -> x != x ? y : y != y ? x : Math.max(x, y);
            case "copysign" -> (x, y) -> Math.copySign(y, x);
            default -> null;
        };
    }
}
