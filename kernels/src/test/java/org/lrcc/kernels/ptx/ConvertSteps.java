package org.lrcc.kernels.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.ptx.PtxKernel.Statement;
import org.lrcc.kernels.ptx.Type.Kind;

/** cvt: between widths, between integers and floats, with a rounding. */
final class ConvertSteps {
    private ConvertSteps() {}

    static @Nullable Step decode(Statement s, Operands o) {
        List<String> parts = s.opcode();
        Type to = Type.of(parts.get(parts.size() - 2));
        Type from = Type.of(parts.get(parts.size() - 1));
        String target = s.operands().get(0);
        String source = s.operands().get(1);
        if (s.has("ftz") || (s.has("sat") && to != Type.F32)) {
            return null;
        }
        if (from.isFloat()) {
            return to.isFloat()
                    ? floatToFloat(s, from, to, target, source, o)
                    : floatToInt(s, from, to, target, source, o);
        }
        return to.isFloat() ? intToFloat(from, to, target, source, o) : intToInt(from, to, target, source, o);
    }

    private static @Nullable Step intToInt(Type from, Type to, String target, String source, Operands o) {
        if (from.kind == Kind.LONG) {
            long[] a = o.longs(source);
            if (to.kind == Kind.LONG) {
                return MoveSteps.copy(o.longs(target), a);
            }
            int[] d = o.wideInts(target, to);
            int mask = o.kindOf(target) == Kind.SHORT ? 0xFFFF : -1;
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    d[t[i]] = to.extend((int) a[t[i]]) & mask;
                }
            };
        }
        int[] a = o.wideInts(source, from);
        if (to.kind == Kind.LONG) {
            long[] d = o.longs(target);
            long mask = from.signed ? -1L : 0xFFFF_FFFFL;
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    d[t[i]] = from.extend(a[t[i]]) & mask;
                }
            };
        }
        int[] d = o.wideInts(target, to);
        int mask = o.kindOf(target) == Kind.SHORT ? 0xFFFF : -1;
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                d[t[i]] = to.extend(from.extend(a[t[i]])) & mask;
            }
        };
    }

    private static @Nullable Step intToFloat(Type from, Type to, String target, String source, Operands o) {
        if (from == Type.U64) {
            return null;
        }
        boolean wide = from.kind == Kind.LONG;
        long[] longs = wide ? o.longs(source) : new long[0];
        int[] ints = wide ? new int[0] : o.wideInts(source, from);
        long mask = from.signed ? -1L : 0xFFFF_FFFFL;
        if (to == Type.F32) {
            float[] d = o.floats(target);
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    int k = t[i];
                    d[k] = wide ? longs[k] : from.extend(ints[k]) & mask;
                }
            };
        }
        double[] d = o.doubles(target);
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                d[k] = wide ? longs[k] : from.extend(ints[k]) & mask;
            }
        };
    }

    private static @Nullable Step floatToInt(
            Statement s, Type from, Type to, String target, String source, Operands o) {
        if (to == Type.U64) {
            return null;
        }
        boolean single = from == Type.F32;
        float[] floats = single ? o.floats(source) : new float[0];
        double[] doubles = single ? new double[0] : o.doubles(source);
        boolean wide = to.kind == Kind.LONG;
        long[] longs = wide ? o.longs(target) : new long[0];
        int[] ints = wide ? new int[0] : o.wideInts(target, to);
        int bits = 8 * to.bytes;
        long least = to.signed ? -1L << (bits - 1) : 0;
        long most = to.signed ? ~(-1L << (bits - 1)) : (1L << bits) - 1;
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                long value = (long) integral(s, single ? floats[k] : doubles[k]);
                value = Math.min(Math.max(value, least), most);
                if (wide) {
                    longs[k] = value;
                } else {
                    ints[k] = (int) value;
                }
            }
        };
    }

    /** Rounded to an integer as the instruction says. */
    private static double integral(Statement s, double x) {
        if (s.has("rni")) {
            return Math.rint(x);
        }
        if (s.has("rmi")) {
            return Math.floor(x);
        }
        if (s.has("rpi")) {
            return Math.ceil(x);
        }
        return x < 0 ? Math.ceil(x) : Math.floor(x);
    }

    private static @Nullable Step floatToFloat(
            Statement s, Type from, Type to, String target, String source, Operands o) {
        if (from == Type.F64 && to == Type.F32) {
            float[] d = o.floats(target);
            double[] a = o.doubles(source);
            return s.has("rn")
                    ? (t, n) -> {
                        for (int i = 0; i < n; i++) {
                            d[t[i]] = (float) a[t[i]];
                        }
                    }
                    : null;
        }
        if (from == Type.F32 && to == Type.F64) {
            double[] d = o.doubles(target);
            float[] a = o.floats(source);
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    d[t[i]] = a[t[i]];
                }
            };
        }
        if (to == Type.F64) {
            return null;
        }
        float[] d = o.floats(target);
        float[] a = o.floats(source);
        boolean rounds = s.has("rni") || s.has("rmi") || s.has("rpi") || s.has("rzi");
        boolean saturates = s.has("sat");
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                float x = rounds ? (float) integral(s, a[k]) : a[k];
                // NaN becomes 0.
                d[k] = saturates ? (x > 0 ? Math.min(x, 1) : 0) : x;
            }
        };
    }
}
