package org.lrcc.nn.safetensors;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.DType;

/** Element types of the file format that can be read, and the element type each has in memory. */
public enum StoredType {
    /** 64-bit floating point. */
    F64(8, DType.F64),
    /** 64-bit signed integers; read as I32, values beyond its range are refused. */
    I64(8, DType.I32),
    /** 32-bit floating point. */
    F32(4, DType.F32),
    /** 32-bit signed integers. */
    I32(4, DType.I32),
    /** IEEE half precision; read as F32, exactly. */
    F16(2, DType.F32),
    /** The upper half of a 32-bit float; read as F32, exactly. */
    BF16(2, DType.F32),
    /** Signed bytes; read as I32. */
    I8(1, DType.I32),
    /** Unsigned bytes. */
    U8(1, DType.U8),
    /** Bytes that are 0 or 1; read as U8. */
    BOOL(1, DType.U8);

    private final int bytes;
    private final DType memory;

    StoredType(int bytes, DType memory) {
        this.bytes = bytes;
        this.memory = memory;
    }

    /** Bytes of one element in the file. */
    public int bytes() {
        return bytes;
    }

    /** Element type of the tensor that {@link SafeTensors#get} returns. */
    public DType memory() {
        return memory;
    }

    static @Nullable StoredType named(String name) {
        for (StoredType type : values()) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        return null;
    }

    static StoredType of(DType dtype) {
        return switch (dtype) {
            case F32 -> F32;
            case F64 -> F64;
            case I32 -> I32;
            case U8 -> U8;
        };
    }

    /** Decodes {@code count} elements from a little-endian buffer into a Java array of the memory type, from {@code at} on. */
    void decode(ByteBuffer in, Object array, int at, int count) {
        switch (this) {
            case F64 -> in.asDoubleBuffer().get((double[]) array, at, count);
            case F32 -> in.asFloatBuffer().get((float[]) array, at, count);
            case I32 -> in.asIntBuffer().get((int[]) array, at, count);
            case U8 -> in.get((byte[]) array, at, count);
            case I64, I8 -> decodeIntegers(in, (int[]) array, at, count);
            case F16, BF16 -> decodeHalves(in, (float[]) array, at, count);
            case BOOL -> decodeBooleans(in, (byte[]) array, at, count);
        }
    }

    private void decodeIntegers(ByteBuffer in, int[] array, int at, int count) {
        for (int i = at; i < at + count; i++) {
            long value = this == I8 ? in.get() : in.getLong();
            if (value != (int) value) {
                throw new InputException("I64 value " + value + " does not fit 32 bits");
            }
            array[i] = (int) value;
        }
    }

    private void decodeHalves(ByteBuffer in, float[] array, int at, int count) {
        for (int i = at; i < at + count; i++) {
            short bits = in.getShort();
            array[i] = this == BF16 ? Float.intBitsToFloat(bits << 16) : halfToFloat(bits);
        }
    }

    private static void decodeBooleans(ByteBuffer in, byte[] array, int at, int count) {
        for (int i = at; i < at + count; i++) {
            array[i] = in.get();
            if (array[i] != 0 && array[i] != 1) {
                throw new InputException("BOOL value " + array[i] + " is neither 0 nor 1");
            }
        }
    }

    /** IEEE 754 binary16 to binary32, exact; Float.float16ToFloat needs Java 20. */
    static float halfToFloat(short half) {
        int exponent = half >> 10 & 0x1f;
        int fraction = half & 0x3ff;
        float magnitude;
        if (exponent == 0) {
            magnitude = fraction * 0x1p-24f;
        } else if (exponent == 31) {
            magnitude = Float.intBitsToFloat(0x7f800000 | (fraction << 13));
        } else {
            magnitude = Float.intBitsToFloat(((exponent + 112) << 23) | (fraction << 13));
        }
        return half < 0 ? -magnitude : magnitude;
    }
}
