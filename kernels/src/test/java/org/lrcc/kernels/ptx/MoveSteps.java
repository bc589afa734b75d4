package org.lrcc.kernels.ptx;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.ptx.PtxKernel.Statement;
import org.lrcc.kernels.ptx.Type.Kind;

/** Moves, selections and comparisons. */
final class MoveSteps {
    private MoveSteps() {}

    static Step copy(int[] d, int[] a) {
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                d[t[i]] = a[t[i]];
            }
        };
    }

    static Step copy(long[] d, long[] a) {
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                d[t[i]] = a[t[i]];
            }
        };
    }

    static @Nullable Step move(Statement s, Type type, Operands o) {
        String to = s.operands().get(0);
        String from = s.operands().get(1);
        if (to.startsWith("{") || from.startsWith("{")) {
            return type.bytes == 8 ? halves(to, from, o) : quarters(to, from, o);
        }
        if (type == Type.B32 || type == Type.B64) {
            return bits(to, from, type, o);
        }
        return switch (type.kind) {
            case PREDICATE -> copy(o.predicate(to), o.predicate(from));
            case SHORT, INT -> copy(o.ints(to, type), o.ints(from, type));
            case LONG -> copy(o.longs(to), o.longs(from));
            case FLOAT -> {
                float[] d = o.floats(to);
                float[] a = o.floats(from);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = a[t[i]];
                    }
                };
            }
            case DOUBLE -> {
                double[] d = o.doubles(to);
                double[] a = o.doubles(from);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = a[t[i]];
                    }
                };
            }
        };
    }

    /** mov.b32 and mov.b64 between registers of one width and any class. */
    private static Step bits(String to, String from, Type type, Operands o) {
        Kind target = o.kindOf(to);
        Kind source = o.isRegister(from) ? o.kindOf(from) : type.kind;
        if (target == Kind.FLOAT && source == Kind.INT) {
            float[] d = o.floats(to);
            int[] a = o.ints(from, type);
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    d[t[i]] = Float.intBitsToFloat(a[t[i]]);
                }
            };
        }
        if (target == Kind.INT && source == Kind.FLOAT) {
            int[] d = o.ints(to, type);
            float[] a = o.floats(from);
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    d[t[i]] = Float.floatToRawIntBits(a[t[i]]);
                }
            };
        }
        if (target == Kind.DOUBLE && source == Kind.LONG) {
            double[] d = o.doubles(to);
            long[] a = o.longs(from);
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    d[t[i]] = Double.longBitsToDouble(a[t[i]]);
                }
            };
        }
        if (target == Kind.LONG && source == Kind.DOUBLE) {
            long[] d = o.longs(to);
            double[] a = o.doubles(from);
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    d[t[i]] = Double.doubleToRawLongBits(a[t[i]]);
                }
            };
        }
        return type == Type.B32 ? copy(o.ints(to, type), o.ints(from, type)) : copy(o.longs(to), o.longs(from));
    }

    static List<String> elements(String vector) {
        List<String> names = new ArrayList<>();
        for (String name : vector.substring(1, vector.length() - 1).split(",")) {
            names.add(name.trim());
        }
        return names;
    }

    /** mov.b64 {low, high}, whole and back. */
    private static @Nullable Step halves(String to, String from, Operands o) {
        boolean unpack = to.startsWith("{");
        List<String> parts = elements(unpack ? to : from);
        String whole = unpack ? from : to;
        int[] low = o.ints(parts.get(0), Type.B32);
        int[] high = o.ints(parts.get(1), Type.B32);
        boolean real = o.kindOf(whole) == Kind.DOUBLE;
        long[] bits = real ? new long[0] : o.longs(whole);
        double[] value = real ? o.doubles(whole) : new double[0];
        if (unpack) {
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    int k = t[i];
                    long both = real ? Double.doubleToRawLongBits(value[k]) : bits[k];
                    low[k] = (int) both;
                    high[k] = (int) (both >>> 32);
                }
            };
        }
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                long both = (long) high[k] << 32 | low[k] & 0xFFFF_FFFFL;
                if (real) {
                    value[k] = Double.longBitsToDouble(both);
                } else {
                    bits[k] = both;
                }
            }
        };
    }

    /** mov.b32 {low, high}, whole and back, with halves of 16 bits. */
    private static @Nullable Step quarters(String to, String from, Operands o) {
        boolean unpack = to.startsWith("{");
        List<String> parts = elements(unpack ? to : from);
        if (parts.size() != 2) {
            return null;
        }
        int[] whole = o.ints(unpack ? from : to, Type.B32);
        int[] low = o.ints(parts.get(0), Type.B16);
        int[] high = o.ints(parts.get(1), Type.B16);
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                if (unpack) {
                    low[k] = whole[k] & 0xFFFF;
                    high[k] = whole[k] >>> 16;
                } else {
                    whole[k] = high[k] << 16 | low[k] & 0xFFFF;
                }
            }
        };
    }

    static Step select(Statement s, Type type, Operands o) {
        List<String> names = s.operands();
        int[] p = o.predicate(names.get(3));
        return switch (type.kind) {
            case PREDICATE, SHORT, INT -> {
                int[] d = o.ints(names.get(0), type);
                int[] a = o.ints(names.get(1), type);
                int[] b = o.ints(names.get(2), type);
                int mask = type.bytes == 2 ? 0xFFFF : -1;
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = (p[k] != 0 ? a[k] : b[k]) & mask;
                    }
                };
            }
            case LONG -> {
                long[] d = o.longs(names.get(0));
                long[] a = o.longs(names.get(1));
                long[] b = o.longs(names.get(2));
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = p[k] != 0 ? a[k] : b[k];
                    }
                };
            }
            case FLOAT -> {
                float[] d = o.floats(names.get(0));
                float[] a = o.floats(names.get(1));
                float[] b = o.floats(names.get(2));
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = p[k] != 0 ? a[k] : b[k];
                    }
                };
            }
            case DOUBLE -> {
                double[] d = o.doubles(names.get(0));
                double[] a = o.doubles(names.get(1));
                double[] b = o.doubles(names.get(2));
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = p[k] != 0 ? a[k] : b[k];
                    }
                };
            }
        };
    }

    /** Where a comparison holds: below, equal, above, unordered. */
    private static int @Nullable [] outcomes(String comparison) {
        return switch (comparison) {
            case "lt", "lo" -> new int[] {1, 0, 0, 0};
            case "le", "ls" -> new int[] {1, 1, 0, 0};
            case "gt", "hi" -> new int[] {0, 0, 1, 0};
            case "ge", "hs" -> new int[] {0, 1, 1, 0};
            case "eq" -> new int[] {0, 1, 0, 0};
            case "ne" -> new int[] {1, 0, 1, 0};
            case "ltu" -> new int[] {1, 0, 0, 1};
            case "leu" -> new int[] {1, 1, 0, 1};
            case "gtu" -> new int[] {0, 0, 1, 1};
            case "geu" -> new int[] {0, 1, 1, 1};
            case "equ" -> new int[] {0, 1, 0, 1};
            case "neu" -> new int[] {1, 0, 1, 1};
            case "num" -> new int[] {1, 1, 1, 0};
            case "nan" -> new int[] {0, 0, 0, 1};
            default -> null;
        };
    }

    static @Nullable Step compare(Statement s, Type type, Operands o) {
        int[] holds = outcomes(s.opcode().get(1));
        List<String> names = s.operands();
        if (holds == null || s.opcode().size() != 3 || names.size() != 3) {
            return null;
        }
        int[] d = o.predicate(names.get(0));
        return switch (type.kind) {
            case PREDICATE -> null;
            case SHORT -> compareShorts(holds, type, d, o.ints(names.get(1), type), o.ints(names.get(2), type));
            case INT -> compareInts(holds, type, d, o.ints(names.get(1), type), o.ints(names.get(2), type));
            case LONG -> compareLongs(holds, type, d, o.longs(names.get(1)), o.longs(names.get(2)));
            case FLOAT -> {
                float[] a = o.floats(names.get(1));
                float[] b = o.floats(names.get(2));
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = holds[a[k] < b[k] ? 0 : a[k] == b[k] ? 1 : a[k] > b[k] ? 2 : 3];
                    }
                };
            }
            case DOUBLE -> {
                double[] a = o.doubles(names.get(1));
                double[] b = o.doubles(names.get(2));
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int k = t[i];
                        d[k] = holds[a[k] < b[k] ? 0 : a[k] == b[k] ? 1 : a[k] > b[k] ? 2 : 3];
                    }
                };
            }
        };
    }

    private static Step compareShorts(int[] holds, Type type, int[] d, int[] a, int[] b) {
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                d[k] = holds[Integer.compare(type.extend(a[k]), type.extend(b[k])) + 1];
            }
        };
    }

    private static Step compareInts(int[] holds, Type type, int[] d, int[] a, int[] b) {
        int flip = type.signed ? 0 : Integer.MIN_VALUE;
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                int x = a[k] ^ flip;
                int y = b[k] ^ flip;
                d[k] = holds[x < y ? 0 : x == y ? 1 : 2];
            }
        };
    }

    private static Step compareLongs(int[] holds, Type type, int[] d, long[] a, long[] b) {
        long flip = type.signed ? 0 : Long.MIN_VALUE;
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                long x = a[k] ^ flip;
                long y = b[k] ^ flip;
                d[k] = holds[x < y ? 0 : x == y ? 1 : 2];
            }
        };
    }
}
