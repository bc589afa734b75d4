package org.lrcc.kernels.ptx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** A small bench for one piece of PTX: buffers, arguments, launch. */
final class Launch {
    final Interpreter interpreter;
    private final Map<String, PtxKernel> kernels;

    Launch(String ptx) {
        this(ptx, new Interpreter(true, 10_000_000));
    }

    Launch(String ptx, Interpreter interpreter) {
        this.interpreter = interpreter;
        kernels = interpreter.load(ptx);
    }

    long floats(float... values) {
        long address = interpreter.memory().allocate(4L * values.length);
        Region region = region(address);
        for (int i = 0; i < values.length; i++) {
            Region.FLOAT.set(region.data(), 4 * i, values[i]);
        }
        region.markWritten(0, 4 * values.length);
        return address;
    }

    long ints(int... values) {
        long address = interpreter.memory().allocate(4L * values.length);
        Region region = region(address);
        for (int i = 0; i < values.length; i++) {
            Region.INT.set(region.data(), 4 * i, values[i]);
        }
        region.markWritten(0, 4 * values.length);
        return address;
    }

    long empty(int bytes) {
        return interpreter.memory().allocate(bytes);
    }

    float[] floats(long address, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) Region.FLOAT.get(region(address).data(), 4 * i);
        }
        return values;
    }

    int[] ints(long address, int count) {
        int[] values = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = (int) Region.INT.get(region(address).data(), 4 * i);
        }
        return values;
    }

    private Region region(long address) {
        return interpreter.memory().require("test", address, 0);
    }

    /** Arguments by their Java types: long, int, float, double. */
    void run(String kernel, int blocks, int threads, Object... arguments) {
        ByteBuffer packed = ByteBuffer.allocate(8 * arguments.length).order(ByteOrder.LITTLE_ENDIAN);
        StringBuilder signature = new StringBuilder();
        for (Object argument : arguments) {
            int bytes = argument instanceof Long || argument instanceof Double ? 8 : 4;
            packed.position(PtxKernel.align(packed.position(), bytes));
            if (argument instanceof Long value) {
                packed.putLong(value);
                signature.append('l');
            } else if (argument instanceof Double value) {
                packed.putDouble(value);
                signature.append('d');
            } else if (argument instanceof Float value) {
                packed.putFloat(value);
                signature.append('f');
            } else {
                packed.putInt((Integer) argument);
                signature.append('i');
            }
        }
        byte[] bytes = new byte[packed.position()];
        packed.flip().get(bytes);
        interpreter.launch(
                kernel(kernel), new int[] {blocks, 1, 1}, new int[] {threads, 1, 1}, 0, bytes, signature.toString());
    }

    PtxKernel kernel(String name) {
        PtxKernel kernel = kernels.get(name);
        if (kernel == null) {
            throw new AssertionError("no kernel " + name + " in " + kernels.keySet());
        }
        return kernel;
    }
}
