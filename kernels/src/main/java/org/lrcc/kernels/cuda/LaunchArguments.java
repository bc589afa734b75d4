package org.lrcc.kernels.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Arguments of a kernel, packed as the driver takes them: one after another, each at a multiple of its size. One object is used again for every
 * launch, so that a launch allocates nothing.
 */
public final class LaunchArguments {
    private static final int MOST_BYTES = 1024;
    private static final int MOST_ARGUMENTS = 128;

    private final ByteBuffer packed = ByteBuffer.allocateDirect(MOST_BYTES).order(ByteOrder.nativeOrder());
    private final byte[] types = new byte[MOST_ARGUMENTS];
    private int count;

    /** Forgets all arguments. */
    public LaunchArguments clear() {
        packed.clear();
        count = 0;
        return this;
    }

    /** Adds a device address (0 where there is none) or another integer of 64 bits. */
    public LaunchArguments pointer(long value) {
        put('l', 8);
        packed.putLong(value);
        return this;
    }

    /** Adds an integer of 32 bits. */
    public LaunchArguments int32(int value) {
        put('i', 4);
        packed.putInt(value);
        return this;
    }

    /** Adds a float. */
    public LaunchArguments float32(double value) {
        put('f', 4);
        packed.putFloat((float) value);
        return this;
    }

    /** Adds a double. */
    public LaunchArguments float64(double value) {
        put('d', 8);
        packed.putDouble(value);
        return this;
    }

    private void put(char type, int bytes) {
        packed.position((packed.position() + bytes - 1) / bytes * bytes);
        types[count++] = (byte) type;
    }

    /** The packed bytes, from 0 to the buffer's position; a direct buffer that is the same for every launch. */
    public ByteBuffer packed() {
        return packed;
    }

    /** How many bytes are packed. */
    public int bytes() {
        return packed.position();
    }

    /** One letter an argument: l for 64-bit integers, i, f, d. */
    public String signature() {
        return new String(types, 0, count, StandardCharsets.US_ASCII);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("(");
        ByteBuffer from = packed.duplicate().order(ByteOrder.nativeOrder());
        from.position(0);
        for (int i = 0; i < count; i++) {
            int size = types[i] == 'l' || types[i] == 'd' ? 8 : 4;
            from.position((from.position() + size - 1) / size * size);
            text.append(i == 0 ? "" : ", ");
            switch (types[i]) {
                case 'l' -> text.append("0x").append(Long.toHexString(from.getLong()));
                case 'd' -> text.append(from.getDouble());
                case 'f' -> text.append(from.getFloat());
                default -> text.append(from.getInt());
            }
        }
        return text.append(')').toString();
    }
}
