package org.lrcc.kernels.ptx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lrcc.kernels.ptx.Type.Kind;

/**
 * Registers, constants, special registers and addresses of variables of one kernel, each an array with one element for every thread of a block. An
 * operand that does not have the instruction's type is refused, as the assembler would.
 */
final class Operands {
    /** Threads of the largest block. */
    static final int THREADS = 1024;

    private static final String INTEGER = "-?(0[xX][0-9a-fA-F]+|\\d+)U?";

    private final PtxKernel kernel;
    private final Map<String, int[]> ints = new HashMap<>();
    private final Map<String, long[]> longs = new HashMap<>();
    private final Map<String, float[]> floats = new HashMap<>();
    private final Map<String, double[]> doubles = new HashMap<>();
    private final Map<String, int[]> specials = new LinkedHashMap<>();

    Operands(PtxKernel kernel) {
        this.kernel = kernel;
    }

    /** Special registers that the kernel reads, filled by the machine. */
    Map<String, int[]> specials() {
        return specials;
    }

    Kind kindOf(String operand) {
        Type type = kernel.registers.get(operand);
        if (type == null) {
            throw new PtxFault("'" + operand + "' is no register");
        }
        return type.kind;
    }

    boolean isRegister(String operand) {
        return kernel.registers.containsKey(operand);
    }

    /** A predicate. */
    int[] predicate(String operand) {
        return isRegister(operand) ? intRegister(operand, Kind.PREDICATE, Kind.PREDICATE) : intConstant(operand);
    }

    /** A 16- or 32-bit operand of exactly this width. */
    int[] ints(String operand, Type type) {
        return isRegister(operand) ? intRegister(operand, type.kind, type.kind) : intConstant(operand);
    }

    /** A 16- or 32-bit operand that may be wider than the type, as loads, stores and conversions allow. */
    int[] wideInts(String operand, Type type) {
        return isRegister(operand)
                ? intRegister(operand, type.kind, type.bytes <= 2 ? Kind.INT : type.kind)
                : intConstant(operand);
    }

    private int[] intRegister(String operand, Kind kind, Kind other) {
        Kind declared = kindOf(operand);
        if (declared != kind && declared != other) {
            throw new PtxFault("register " + operand + " is of class " + declared + ", the instruction takes " + kind);
        }
        return ints.computeIfAbsent(operand, unused -> new int[THREADS]);
    }

    private int[] intConstant(String operand) {
        if (operand.startsWith("%")) {
            return specials.computeIfAbsent(operand, unused -> new int[THREADS]);
        }
        return ints.computeIfAbsent(operand, text -> filled((int) integer(text)));
    }

    private static int[] filled(int value) {
        int[] array = new int[THREADS];
        Arrays.fill(array, value);
        return array;
    }

    private long integer(String text) {
        if (kernel.shared.containsKey(text)) {
            return kernel.shared.get(text);
        }
        if (kernel.local.containsKey(text)) {
            return kernel.local.get(text);
        }
        if (!text.matches(INTEGER)) {
            throw new PtxFault("'" + text + "' is no integer, register or variable");
        }
        boolean negative = text.startsWith("-");
        String digits = text.substring(negative ? 1 : 0, text.length() - (text.endsWith("U") ? 1 : 0));
        long value = digits.startsWith("0x") || digits.startsWith("0X")
                ? Long.parseUnsignedLong(digits.substring(2), 16)
                : Long.parseUnsignedLong(digits);
        return negative ? -value : value;
    }

    long[] longs(String operand) {
        if (isRegister(operand)) {
            require(operand, Kind.LONG);
            return longs.computeIfAbsent(operand, unused -> new long[THREADS]);
        }
        return longs.computeIfAbsent(operand, text -> {
            long[] array = new long[THREADS];
            Arrays.fill(array, integer(text));
            return array;
        });
    }

    float[] floats(String operand) {
        if (isRegister(operand)) {
            require(operand, Kind.FLOAT);
            return floats.computeIfAbsent(operand, unused -> new float[THREADS]);
        }
        if (!operand.matches("0[fF][0-9a-fA-F]{8}")) {
            throw new PtxFault("'" + operand + "' is no f32 operand");
        }
        return floats.computeIfAbsent(operand, text -> {
            float[] array = new float[THREADS];
            Arrays.fill(array, Float.intBitsToFloat(Integer.parseUnsignedInt(text.substring(2), 16)));
            return array;
        });
    }

    double[] doubles(String operand) {
        if (isRegister(operand)) {
            require(operand, Kind.DOUBLE);
            return doubles.computeIfAbsent(operand, unused -> new double[THREADS]);
        }
        if (!operand.matches("0[dD][0-9a-fA-F]{16}")) {
            throw new PtxFault("'" + operand + "' is no f64 operand");
        }
        return doubles.computeIfAbsent(operand, text -> {
            double[] array = new double[THREADS];
            Arrays.fill(array, Double.longBitsToDouble(Long.parseUnsignedLong(text.substring(2), 16)));
            return array;
        });
    }

    private void require(String operand, Kind kind) {
        if (kindOf(operand) != kind) {
            throw new PtxFault(
                    "register " + operand + " is of class " + kindOf(operand) + ", the instruction takes " + kind);
        }
    }
}
