package org.lrcc.engine.tensor;

import org.lrcc.engine.InputException;

/**
 * A dense, row-major view of a {@link Storage}: shape and offset. Tensors are cheap values; what is shared, counted and released is
 * the storage. A gradient is never a field of a tensor (see {@code autograd.Tape}).
 */
public final class Tensor {
    private final Storage storage;
    private final int offset;
    private final Shape shape;

    private Tensor(Storage storage, int offset, Shape shape) {
        this.storage = storage;
        this.offset = offset;
        this.shape = shape;
    }

    /** A view of the storage's elements from {@code offset} on. */
    public static Tensor view(Storage storage, int offset, Shape shape) {
        if (offset < 0 || offset > storage.length() - shape.elements()) {
            throw new InputException(
                    "tensor: " + shape + " at " + offset + " does not fit a storage of " + storage.length());
        }
        return new Tensor(storage, offset, shape);
    }

    /** A zeroed tensor on the Java heap. */
    public static Tensor zeros(DType dtype, Shape shape) {
        return new Tensor(HeapStorage.allocate(dtype, shape.elements()), 0, shape);
    }

    /** A float tensor on the heap holding a copy of {@code values}, row-major. */
    public static Tensor of(float[] values, int... sizes) {
        return copyOf(DType.F32, values, values.length, Shape.of(sizes));
    }

    /** A double tensor on the heap holding a copy of {@code values}, row-major. */
    public static Tensor of(double[] values, int... sizes) {
        return copyOf(DType.F64, values, values.length, Shape.of(sizes));
    }

    /** An int tensor on the heap holding a copy of {@code values}, row-major. */
    public static Tensor of(int[] values, int... sizes) {
        return copyOf(DType.I32, values, values.length, Shape.of(sizes));
    }

    /** A tensor of unsigned bytes on the heap holding a copy of {@code values}, row-major. */
    public static Tensor of(byte[] values, int... sizes) {
        return copyOf(DType.U8, values, values.length, Shape.of(sizes));
    }

    /** A float tensor over an array, without a copy: each sees what the other writes. Row-major; the array may be longer. */
    public static Tensor over(float[] values, int... sizes) {
        return over(DType.F32, values, Shape.of(sizes));
    }

    /** A tensor over an array of the type's Java elements, as {@link #over(float[], int...)}. */
    public static Tensor over(DType dtype, Object array, Shape shape) {
        return view(HeapStorage.wrap(dtype, shape.elements(), array, unused -> {}), 0, shape);
    }

    private static Tensor copyOf(DType dtype, Object values, int length, Shape shape) {
        if (length != shape.elements()) {
            throw new InputException("tensor: " + length + " values do not fill the shape " + shape);
        }
        Tensor tensor = zeros(dtype, shape);
        tensor.storage.write(0, values, 0, length);
        return tensor;
    }

    /** Element type. */
    public DType dtype() {
        return storage.dtype();
    }

    /** Shape. */
    public Shape shape() {
        return shape;
    }

    /** Number of elements. */
    public int elements() {
        return shape.elements();
    }

    /** Bytes of the elements. */
    public long bytes() {
        return (long) shape.elements() * dtype().bytes();
    }

    /** First element's position in the storage. */
    public int offset() {
        return offset;
    }

    /** The memory behind this tensor; for backends. Throws if it was released. */
    public Storage storage() {
        check();
        return storage;
    }

    /** The same elements under another shape of as many elements; shares the storage and its reference. */
    public Tensor reshape(int... sizes) {
        return reshape(Shape.of(sizes));
    }

    /** The same elements under another shape of as many elements; shares the storage and its reference. */
    public Tensor reshape(Shape other) {
        if (other.elements() != shape.elements()) {
            throw new InputException("reshape: " + shape + " has " + shape.elements() + " elements, " + other + " has "
                    + other.elements());
        }
        return new Tensor(storage, offset, other);
    }

    /** A contiguous part from element {@code start} on, shaped {@code part}; shares the storage and its reference. */
    public Tensor slice(int start, Shape part) {
        if (start < 0 || start > shape.elements() - part.elements()) {
            throw new InputException("slice: " + part + " at " + start + " does not fit " + shape);
        }
        return new Tensor(storage, offset + start, part);
    }

    /** Adds a reference to the storage and returns this. */
    public Tensor retain() {
        check();
        storage.retain();
        return this;
    }

    /** Drops a reference to the storage. */
    public void release() {
        storage.release();
    }

    /** Whether somebody else holds a reference too, so that the elements must not be overwritten. */
    public boolean isShared() {
        return storage.isShared();
    }

    /** A copy of the elements as floats (F32, or F64 rounded). */
    public float[] toFloats() {
        if (dtype() == DType.F64) {
            double[] wide = toDoubles();
            float[] narrow = new float[wide.length];
            for (int i = 0; i < wide.length; i++) {
                narrow[i] = (float) wide[i];
            }
            return narrow;
        }
        float[] out = new float[elements()];
        read(DType.F32, out);
        return out;
    }

    /** A copy of the elements as doubles (F64, or F32 widened). */
    public double[] toDoubles() {
        double[] out = new double[elements()];
        if (dtype() == DType.F32) {
            float[] narrow = toFloats();
            for (int i = 0; i < out.length; i++) {
                out[i] = narrow[i];
            }
        } else {
            read(DType.F64, out);
        }
        return out;
    }

    /** A copy of the elements of an I32 tensor. */
    public int[] toInts() {
        int[] out = new int[elements()];
        read(DType.I32, out);
        return out;
    }

    /** A copy of the elements of a U8 tensor. */
    public byte[] toBytes() {
        byte[] out = new byte[elements()];
        read(DType.U8, out);
        return out;
    }

    /** The only element of a floating-point tensor of one element. */
    public double item() {
        if (elements() != 1) {
            throw new InputException("item: " + shape + " has " + elements() + " elements, not 1");
        }
        return toDoubles()[0];
    }

    /** A copy on the heap, independent of this storage. */
    public Tensor copy() {
        Tensor copy = zeros(dtype(), shape);
        Object array = ((HeapStorage) copy.storage).array();
        storage().read(offset, array, 0, elements());
        return copy;
    }

    private void read(DType expected, Object target) {
        if (dtype() != expected) {
            throw new InputException("tensor " + shape + " holds " + dtype() + ", not " + expected);
        }
        storage().read(offset, target, 0, elements());
    }

    private void check() {
        String reason = storage.freedBecause();
        if (reason != null) {
            throw new IllegalStateException("tensor " + shape + " " + reason
                    + "; call scope.keep(tensor), or tensor.retain(), to use it for longer");
        }
    }

    @Override
    public String toString() {
        return dtype() + shape.toString();
    }
}
