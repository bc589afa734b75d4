package org.lrcc.engine.tensor;

import java.util.function.Consumer;

/**
 * A Java array as storage. Vector kernels reach full speed on heap arrays and not on memory segments (docs/adr/0001).
 *
 * <p>The array may be longer than {@link #length()}: pooled arrays are handed out again for smaller requests.
 */
public final class HeapStorage extends Storage {
    private final Object array;
    private final Consumer<Object> recycler;

    private HeapStorage(DType dtype, int length, Object array, Consumer<Object> recycler) {
        super(dtype, length);
        this.array = array;
        this.recycler = recycler;
    }

    /** New, zeroed memory that belongs to the garbage collector. */
    public static HeapStorage allocate(DType dtype, int length) {
        return wrap(dtype, length, newArray(dtype, length), unused -> {});
    }

    /** An array as storage, without a copy; {@code recycler} receives it when the last reference goes. */
    public static HeapStorage wrap(DType dtype, int length, Object array, Consumer<Object> recycler) {
        return new HeapStorage(dtype, length, array, recycler);
    }

    /** A zeroed Java array for elements of this type. */
    public static Object newArray(DType dtype, int length) {
        return switch (dtype) {
            case F32 -> new float[length];
            case F64 -> new double[length];
            case I32 -> new int[length];
            case U8 -> new byte[length];
        };
    }

    /** The backing array: float[], double[], int[] or byte[]. */
    public Object array() {
        return array;
    }

    @Override
    public void read(int offset, Object target, int at, int count) {
        System.arraycopy(array, offset, target, at, count);
    }

    @Override
    public void write(int offset, Object source, int at, int count) {
        System.arraycopy(source, at, array, offset, count);
    }

    @Override
    protected void free() {
        recycler.accept(array);
    }
}
