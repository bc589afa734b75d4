package org.lrcc.engine.cpu;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Tensor;

/** The array and offset behind a tensor. Arrays may be longer than the tensor. */
record Floats(float[] array, int offset) {
    static Floats of(Tensor t) {
        if (array(t) instanceof float[] a) {
            return new Floats(a, t.offset());
        }
        throw new IllegalArgumentException("cpu backend: " + t + " is not F32");
    }

    static @Nullable Floats ofNullable(@Nullable Tensor t) {
        return t == null ? null : of(t);
    }

    static byte[] bytes(Tensor t) {
        return (byte[]) array(t);
    }

    static int[] ints(Tensor t) {
        return (int[]) array(t);
    }

    static Object array(Tensor t) {
        if (t.storage() instanceof HeapStorage h) {
            return h.array();
        }
        throw new IllegalArgumentException("cpu backend: " + t + " is not in heap memory");
    }
}
