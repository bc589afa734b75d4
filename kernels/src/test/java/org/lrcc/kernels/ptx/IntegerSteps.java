package org.lrcc.kernels.ptx;

import java.util.function.IntBinaryOperator;
import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.ptx.PtxKernel.Statement;

/** Arithmetic and logic of 16 and 32 bits. Each instruction is a loop of its own, so that the compiler sees it whole. */
final class IntegerSteps {
    private IntegerSteps() {}

    /** Null where the instruction is none of these. */
    static @Nullable Step decode(Statement s, Type type, Operands o) {
        int operands = s.operands().size();
        if (type.kind == Type.Kind.PREDICATE || type.kind == Type.Kind.SHORT) {
            return narrow(s, type, o);
        }
        int[] d = o.ints(s.operands().get(0), type);
        int[] a = o.ints(s.operands().get(1), type);
        if (operands == 2) {
            return unary(s, d, a);
        }
        if (s.name().equals("shl") || s.name().equals("shr")) {
            return shift(s, type, d, a, o.ints(s.operands().get(2), Type.U32));
        }
        int[] b = o.ints(s.operands().get(2), type);
        return operands == 3 ? binary(s, type, d, a, b) : ternary(s, type, o, d, a, b);
    }

    private static @Nullable Step unary(Statement s, int[] d, int[] a) {
        return switch (s.name()) {
            case "not" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = ~a[t[i]];
                    }
                };
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
            case "popc" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = Integer.bitCount(a[t[i]]);
                    }
                };
            case "clz" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = Integer.numberOfLeadingZeros(a[t[i]]);
                    }
                };
            case "brev" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = Integer.reverse(a[t[i]]);
                    }
                };
            default -> null;
        };
    }

    private static @Nullable Step binary(Statement s, Type type, int[] d, int[] a, int[] b) {
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
            case "mul" -> s.has("hi") ? multiplyHigh(type, d, a, b) : s.has("lo") ? multiply(d, a, b) : null;
            case "div", "rem" -> divide(s, type, d, a, b);
            case "min", "max" -> extreme(s, type, d, a, b);
            case "and" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = a[k] & b[k];
                    }
                };
            case "or" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = a[k] | b[k];
                    }
                };
            case "xor" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = a[k] ^ b[k];
                    }
                };
            default -> null;
        };
    }

    private static Step multiply(int[] d, int[] a, int[] b) {
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                d[k] = a[k] * b[k];
            }
        };
    }

    private static Step multiplyHigh(Type type, int[] d, int[] a, int[] b) {
        long mask = type.signed ? -1L : 0xFFFF_FFFFL;
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                d[k] = (int) ((a[k] & mask) * (b[k] & mask) >> 32);
            }
        };
    }

    private static Step divide(Statement s, Type type, int[] d, int[] a, int[] b) {
        boolean remainder = s.name().equals("rem");
        // What a division by zero gives is not defined; the hardware gives all ones and the dividend.
        return type.signed
                ? (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        int y = b[k];
                        d[k] = y == 0 ? (remainder ? a[k] : -1) : remainder ? a[k] % y : a[k] / y;
                    }
                }
                : (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        long x = a[k] & 0xFFFF_FFFFL;
                        long y = b[k] & 0xFFFF_FFFFL;
                        d[k] = y == 0 ? (remainder ? a[k] : -1) : (int) (remainder ? x % y : x / y);
                    }
                };
    }

    private static Step extreme(Statement s, Type type, int[] d, int[] a, int[] b) {
        int flip = type.signed ? 0 : Integer.MIN_VALUE;
        return s.name().equals("min")
                ? (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = Math.min(a[k] ^ flip, b[k] ^ flip) ^ flip;
                    }
                }
                : (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = Math.max(a[k] ^ flip, b[k] ^ flip) ^ flip;
                    }
                };
    }

    private static Step shift(Statement s, Type type, int[] d, int[] a, int[] by) {
        if (s.name().equals("shl")) {
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    int k = t[i];
                    d[k] = by[k] >>> 5 != 0 ? 0 : a[k] << by[k];
                }
            };
        }
        return type.signed
                ? (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = a[k] >> (by[k] >>> 5 != 0 ? 31 : by[k]);
                    }
                }
                : (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = by[k] >>> 5 != 0 ? 0 : a[k] >>> by[k];
                    }
                };
    }

    private static @Nullable Step ternary(Statement s, Type type, Operands o, int[] d, int[] a, int[] b) {
        switch (s.name()) {
            case "mad": {
                if (!s.has("lo")) {
                    return null;
                }
                int[] c = o.ints(s.operands().get(3), type);
                return (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = a[k] * b[k] + c[k];
                    }
                };
            }
            case "shf": {
                boolean left = s.has("l");
                int[] c = o.ints(s.operands().get(3), Type.U32);
                if (!s.has("wrap")) {
                    return null;
                }
                // a holds the low, b the high word.
                return (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        long both = (long) b[k] << 32 | a[k] & 0xFFFF_FFFFL;
                        int by = c[k] & 31;
                        d[k] = left ? (int) (both << by >>> 32) : (int) (both >>> by);
                    }
                };
            }
            case "bfe": {
                int[] c = o.ints(s.operands().get(3), Type.U32);
                int[] start = o.ints(s.operands().get(2), Type.U32);
                return type.signed
                        ? null
                        : (t, n) -> {
                            for (int i = 0; i < n; i++) {
                                int k = t[i];
                                int length = Math.min(c[k] & 0xFF, 32);
                                long word = (a[k] & 0xFFFF_FFFFL) >>> Math.min(start[k] & 0xFF, 32);
                                d[k] = (int) (word & (1L << length) - 1);
                            }
                        };
            }
            default:
                return null;
        }
    }

    /** Predicates and 16 bits: too rare to be worth loops of their own. */
    private static @Nullable Step narrow(Statement s, Type type, Operands o) {
        int[] d = o.ints(s.operands().get(0), type);
        int[] a = o.ints(s.operands().get(1), type);
        int mask = type.kind == Type.Kind.PREDICATE ? 1 : 0xFFFF;
        if (s.operands().size() == 2) {
            return switch (s.name()) {
                case "not" ->
                    (t, n) -> {
                        for (int i = 0; i < n; i++) {
                            d[t[i]] = ~a[t[i]] & mask;
                        }
                    };
                case "neg" ->
                    (t, n) -> {
                        for (int i = 0; i < n; i++) {
                            d[t[i]] = -a[t[i]] & mask;
                        }
                    };
                default -> null;
            };
        }
        boolean shifts = s.name().startsWith("sh");
        int[] b = shifts
                ? o.ints(s.operands().get(2), Type.U32)
                : o.ints(s.operands().get(2), type);
        IntBinaryOperator f = narrowFunction(s);
        if (f == null || s.operands().size() != 3) {
            return null;
        }
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                d[k] = f.applyAsInt(type.extend(a[k]), shifts ? b[k] : type.extend(b[k])) & mask;
            }
        };
    }

    private static @Nullable IntBinaryOperator narrowFunction(Statement s) {
        return switch (s.name()) {
            case "and" -> (x, y) -> x & y;
            case "or" -> (x, y) -> x | y;
            case "xor" -> (x, y) -> x ^ y;
            case "add" -> Integer::sum;
            case "sub" -> (x, y) -> x - y;
            case "mul" -> s.has("lo") ? (x, y) -> x * y : null;
            case "min" -> Math::min;
            case "max" -> Math::max;
            case "div" -> (x, y) -> y == 0 ? -1 : x / y;
            case "rem" -> (x, y) -> y == 0 ? x : x % y;
            case "shl" -> (x, y) -> y >>> 4 != 0 ? 0 : x << y;
            case "shr" -> (x, y) -> x >> Math.min(y & 0xFFFF, 16);
            default -> null;
        };
    }
}
