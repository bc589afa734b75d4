package org.lrcc.kernels.ptx;

import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.ptx.PtxKernel.Statement;

/** Arithmetic and logic of 64 bits, and products of 32 bits that give 64. */
final class LongSteps {
    private LongSteps() {}

    /** Null where the instruction is none of these. */
    static @Nullable Step decode(Statement s, Type type, Operands o) {
        int operands = s.operands().size();
        if (s.has("wide")) {
            return wide(s, type, o);
        }
        switch (s.name()) {
            case "popc", "clz":
                return count(s, o);
            case "shl", "shr":
                return shift(s, type, o);
            default:
                break;
        }
        long[] d = o.longs(s.operands().get(0));
        long[] a = o.longs(s.operands().get(1));
        if (operands == 2) {
            return unary(s, d, a);
        }
        long[] b = o.longs(s.operands().get(2));
        if (operands == 3) {
            return binary(s, type, d, a, b);
        }
        if (!s.name().equals("mad") || !s.has("lo")) {
            return null;
        }
        long[] c = o.longs(s.operands().get(3));
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                d[k] = a[k] * b[k] + c[k];
            }
        };
    }

    /** mul.wide and mad.wide: type is that of the factors. */
    private static @Nullable Step wide(Statement s, Type type, Operands o) {
        int[] a = o.ints(s.operands().get(1), type);
        int[] b = o.ints(s.operands().get(2), type);
        if (type.bytes == 2) {
            int[] d = o.ints(s.operands().get(0), Type.B32);
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    int k = t[i];
                    d[k] = type.extend(a[k]) * type.extend(b[k]);
                }
            };
        }
        long[] d = o.longs(s.operands().get(0));
        long mask = type.signed ? -1L : 0xFFFF_FFFFL;
        if (s.name().equals("mad")) {
            long[] c = o.longs(s.operands().get(3));
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    int k = t[i];
                    d[k] = (a[k] & mask) * (b[k] & mask) + c[k];
                }
            };
        }
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                d[k] = (a[k] & mask) * (b[k] & mask);
            }
        };
    }

    private static Step count(Statement s, Operands o) {
        int[] d = o.ints(s.operands().get(0), Type.U32);
        long[] a = o.longs(s.operands().get(1));
        boolean ones = s.name().equals("popc");
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                d[t[i]] = ones ? Long.bitCount(a[t[i]]) : Long.numberOfLeadingZeros(a[t[i]]);
            }
        };
    }

    private static Step shift(Statement s, Type type, Operands o) {
        long[] d = o.longs(s.operands().get(0));
        long[] a = o.longs(s.operands().get(1));
        int[] by = o.ints(s.operands().get(2), Type.U32);
        if (s.name().equals("shl")) {
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    int k = t[i];
                    d[k] = by[k] >>> 6 != 0 ? 0 : a[k] << by[k];
                }
            };
        }
        return type.signed
                ? (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = a[k] >> (by[k] >>> 6 != 0 ? 63 : by[k]);
                    }
                }
                : (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = by[k] >>> 6 != 0 ? 0 : a[k] >>> by[k];
                    }
                };
    }

    private static @Nullable Step unary(Statement s, long[] d, long[] a) {
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
            case "brev" ->
                (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = Long.reverse(a[t[i]]);
                    }
                };
            // Addresses of global memory are generic ones already.
            case "cvta" -> s.has("global") ? MoveSteps.copy(d, a) : null;
            default -> null;
        };
    }

    private static @Nullable Step binary(Statement s, Type type, long[] d, long[] a, long[] b) {
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

    private static Step multiply(long[] d, long[] a, long[] b) {
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                d[k] = a[k] * b[k];
            }
        };
    }

    private static Step multiplyHigh(Type type, long[] d, long[] a, long[] b) {
        // The unsigned product is the signed one and each factor where the other is negative.
        long unsigned = type.signed ? 0 : -1L;
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                long x = a[k];
                long y = b[k];
                d[k] = Math.multiplyHigh(x, y) + (unsigned & ((x >> 63 & y) + (y >> 63 & x)));
            }
        };
    }

    private static Step divide(Statement s, Type type, long[] d, long[] a, long[] b) {
        boolean remainder = s.name().equals("rem");
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                long x = a[k];
                long y = b[k];
                if (y == 0) {
                    d[k] = remainder ? x : -1;
                } else if (type.signed) {
                    d[k] = remainder ? x % y : x / y;
                } else {
                    d[k] = remainder ? Long.remainderUnsigned(x, y) : Long.divideUnsigned(x, y);
                }
            }
        };
    }

    private static Step extreme(Statement s, Type type, long[] d, long[] a, long[] b) {
        long flip = type.signed ? 0 : Long.MIN_VALUE;
        boolean least = s.name().equals("min");
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                long x = a[k] ^ flip;
                long y = b[k] ^ flip;
                d[k] = (least ? Math.min(x, y) : Math.max(x, y)) ^ flip;
            }
        };
    }
}
