package org.lrcc.kernels.ptx;

import java.util.List;
import java.util.regex.Matcher;
import org.lrcc.kernels.ptx.PtxKernel.Statement;

/** Loads and stores. */
final class MemorySteps {
    private MemorySteps() {}

    static Step load(Statement s, Type type, Operands o, Machine machine) {
        if (s.has("param")) {
            return parameter(s, type, o, machine);
        }
        String target = s.operands().get(0);
        List<String> names = target.startsWith("{") ? MoveSteps.elements(target) : List.of(target);
        Access access = new Access(s, s.operands().get(1), type.bytes * names.size(), o, machine);
        if (names.size() > 1) {
            return vectorLoad(type, names, access, o);
        }
        if (type.kind == Type.Kind.INT && o.kindOf(target) == Type.Kind.LONG) {
            return extendingLoad(type, o.longs(target), access);
        }
        return switch (type.kind) {
            case FLOAT -> {
                float[] d = o.floats(target);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int at = access.read(t[i]);
                        d[t[i]] = (float) Region.FLOAT.get(access.region.data(), at);
                    }
                };
            }
            case INT -> {
                int[] d = o.ints(target, type);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int at = access.read(t[i]);
                        d[t[i]] = (int) Region.INT.get(access.region.data(), at);
                    }
                };
            }
            case SHORT -> {
                int[] d = o.wideInts(target, type);
                int mask = o.kindOf(target) == Type.Kind.SHORT ? 0xFFFF : -1;
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int at = access.read(t[i]);
                        d[t[i]] = type.extend(narrow(access.region.data(), at, type)) & mask;
                    }
                };
            }
            case LONG -> {
                long[] d = o.longs(target);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int at = access.read(t[i]);
                        d[t[i]] = (long) Region.LONG.get(access.region.data(), at);
                    }
                };
            }
            case DOUBLE -> {
                double[] d = o.doubles(target);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int at = access.read(t[i]);
                        d[t[i]] = (double) Region.DOUBLE.get(access.region.data(), at);
                    }
                };
            }
            case PREDICATE -> throw new PtxFault("predicates are not in memory");
        };
    }

    /** 32 bits into a register of 64. */
    private static Step extendingLoad(Type type, long[] d, Access access) {
        long mask = type.signed ? -1L : 0xFFFF_FFFFL;
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int at = access.read(t[i]);
                d[t[i]] = (int) Region.INT.get(access.region.data(), at) & mask;
            }
        };
    }

    private static int narrow(byte[] data, int at, Type type) {
        return type.bytes == 1 ? data[at] : (short) Region.SHORT.get(data, at);
    }

    private static Step vectorLoad(Type type, List<String> names, Access access, Operands o) {
        int width = names.size();
        if (type == Type.F32) {
            float[][] d = names.stream().map(o::floats).toArray(float[][]::new);
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    int at = access.read(t[i]);
                    byte[] data = access.region.data();
                    for (int j = 0; j < width; j++) {
                        d[j][t[i]] = (float) Region.FLOAT.get(data, at + 4 * j);
                    }
                }
            };
        }
        if (type.kind == Type.Kind.LONG) {
            long[][] d = names.stream().map(o::longs).toArray(long[][]::new);
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    int at = access.read(t[i]);
                    byte[] data = access.region.data();
                    for (int j = 0; j < width; j++) {
                        d[j][t[i]] = (long) Region.LONG.get(data, at + 8 * j);
                    }
                }
            };
        }
        if (type.kind != Type.Kind.INT && type.kind != Type.Kind.SHORT) {
            throw new PtxFault("vector load of " + type);
        }
        int[][] d = names.stream().map(name -> o.wideInts(name, type)).toArray(int[][]::new);
        int[] mask = names.stream()
                .mapToInt(name -> o.kindOf(name) == Type.Kind.SHORT ? 0xFFFF : -1)
                .toArray();
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int at = access.read(t[i]);
                byte[] data = access.region.data();
                for (int j = 0; j < width; j++) {
                    d[j][t[i]] = type.bytes == 4
                            ? (int) Region.INT.get(data, at + 4 * j)
                            : type.extend(narrow(data, at + type.bytes * j, type)) & mask[j];
                }
            }
        };
    }

    private static Step parameter(Statement s, Type type, Operands o, Machine machine) {
        Matcher matcher = Access.ADDRESS.matcher(s.operands().get(1));
        String target = s.operands().get(0);
        PtxKernel.Parameter parameter =
                matcher.matches() && matcher.group(2) == null ? machine.parameter(matcher.group(1)) : null;
        if (parameter == null
                || parameter.type().bytes != type.bytes
                || parameter.type().isFloat() != type.isFloat()) {
            throw new PtxFault("no parameter of this type: " + s.operands().get(1));
        }
        int at = parameter.offset();
        return switch (type.kind) {
            case FLOAT -> {
                float[] d = o.floats(target);
                yield (t, n) -> {
                    float value = machine.parameters.getFloat(at);
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = value;
                    }
                };
            }
            case DOUBLE -> {
                double[] d = o.doubles(target);
                yield (t, n) -> {
                    double value = machine.parameters.getDouble(at);
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = value;
                    }
                };
            }
            case LONG -> {
                long[] d = o.longs(target);
                yield (t, n) -> {
                    long value = machine.parameters.getLong(at);
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = value;
                    }
                };
            }
            case INT -> {
                int[] d = o.ints(target, type);
                yield (t, n) -> {
                    int value = machine.parameters.getInt(at);
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = value;
                    }
                };
            }
            case SHORT -> {
                int[] d = o.wideInts(target, type);
                yield (t, n) -> {
                    int value = type.bytes == 1 ? machine.parameters.get(at) : machine.parameters.getShort(at);
                    for (int i = 0; i < n; i++) {
                        d[t[i]] = type.extend(value);
                    }
                };
            }
            case PREDICATE -> throw new PtxFault("predicates are no parameters");
        };
    }

    static Step store(Statement s, Type type, Operands o, Machine machine) {
        String source = s.operands().get(1);
        List<String> names = source.startsWith("{") ? MoveSteps.elements(source) : List.of(source);
        Access access = new Access(s, s.operands().get(0), type.bytes * names.size(), o, machine);
        if (names.size() > 1) {
            return vectorStore(type, names, access, o);
        }
        if (type.bytes <= 4 && o.isRegister(source) && o.kindOf(source) == Type.Kind.LONG) {
            return truncatingStore(type, o.longs(source), access);
        }
        return switch (type.kind) {
            case FLOAT -> {
                float[] a = o.floats(source);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int at = access.write(t[i]);
                        Region.FLOAT.set(access.region.data(), at, a[t[i]]);
                    }
                };
            }
            case INT -> {
                int[] a = o.ints(source, type);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int at = access.write(t[i]);
                        Region.INT.set(access.region.data(), at, a[t[i]]);
                    }
                };
            }
            case SHORT -> {
                int[] a = o.wideInts(source, type);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int at = access.write(t[i]);
                        putNarrow(access.region.data(), at, type, a[t[i]]);
                    }
                };
            }
            case LONG -> {
                long[] a = o.longs(source);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int at = access.write(t[i]);
                        Region.LONG.set(access.region.data(), at, a[t[i]]);
                    }
                };
            }
            case DOUBLE -> {
                double[] a = o.doubles(source);
                yield (t, n) -> {
                    for (int i = 0; i < n; i++) {
                        int at = access.write(t[i]);
                        Region.DOUBLE.set(access.region.data(), at, a[t[i]]);
                    }
                };
            }
            case PREDICATE -> throw new PtxFault("predicates are not in memory");
        };
    }

    /** The low bits of a register of 64. */
    private static Step truncatingStore(Type type, long[] a, Access access) {
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int at = access.write(t[i]);
                if (type.bytes == 4) {
                    Region.INT.set(access.region.data(), at, (int) a[t[i]]);
                } else {
                    putNarrow(access.region.data(), at, type, (int) a[t[i]]);
                }
            }
        };
    }

    private static void putNarrow(byte[] data, int at, Type type, int value) {
        if (type.bytes == 1) {
            data[at] = (byte) value;
        } else {
            Region.SHORT.set(data, at, (short) value);
        }
    }

    private static Step vectorStore(Type type, List<String> names, Access access, Operands o) {
        int width = names.size();
        if (type == Type.F32) {
            float[][] a = names.stream().map(o::floats).toArray(float[][]::new);
            return (t, n) -> {
                for (int i = 0; i < n; i++) {
                    int at = access.write(t[i]);
                    byte[] data = access.region.data();
                    for (int j = 0; j < width; j++) {
                        Region.FLOAT.set(data, at + 4 * j, a[j][t[i]]);
                    }
                }
            };
        }
        if (type.kind != Type.Kind.INT && type.kind != Type.Kind.SHORT) {
            throw new PtxFault("vector store of " + type);
        }
        int[][] a = names.stream().map(name -> o.wideInts(name, type)).toArray(int[][]::new);
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int at = access.write(t[i]);
                byte[] data = access.region.data();
                for (int j = 0; j < width; j++) {
                    if (type.bytes == 4) {
                        Region.INT.set(data, at + 4 * j, a[j][t[i]]);
                    } else {
                        putNarrow(data, at + type.bytes * j, type, a[j][t[i]]);
                    }
                }
            }
        };
    }
}
