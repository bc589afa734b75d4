package org.lrcc.engine.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * A session whose tensors are slices at an odd offset inside bigger storage, full of NaN (or 0xA5 bytes): a kernel that
 * reads what it should have written,
 * leaves an element out, writes beyond its tensor or ignores the offset is found out.
 */
final class GuardedKernels {
    private static final int FRONT = 19;
    private static final int BACK = 37;

    private final Kernels inner;
    private final Kernels guarded;
    private final List<Tensor> wholes = new ArrayList<>();

    GuardedKernels(Kernels inner) {
        this.inner = inner;
        this.guarded = (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("allocate")) {
                        return allocate((DType) arguments[0], (Shape) arguments[1]);
                    }
                    try {
                        return method.invoke(inner, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** The session. */
    Kernels kernels() {
        return guarded;
    }

    private Tensor allocate(DType dtype, Shape shape) {
        int length = FRONT + shape.elements() + BACK;
        Tensor whole = inner.allocate(dtype, Shape.of(length));
        whole.storage().write(whole.offset(), poison(dtype, length), 0, length);
        wholes.add(whole.retain());
        return whole.slice(FRONT, shape);
    }

    private static Object poison(DType dtype, int length) {
        Object array = HeapStorage.newArray(dtype, length);
        switch (dtype) {
            case F32 -> Arrays.fill((float[]) array, Float.NaN);
            case F64 -> Arrays.fill((double[]) array, Double.NaN);
            case I32 -> Arrays.fill((int[]) array, 0xA5A5A5A5);
            case U8 -> Arrays.fill((byte[]) array, (byte) 0xA5);
        }
        return array;
    }

    /** Throws if anything was written beside a tensor; forgets the tensors made so far. */
    void verify() {
        for (Tensor whole : wholes) {
            check(whole, 0, FRONT);
            check(whole, whole.elements() - BACK, BACK);
            whole.release();
        }
        wholes.clear();
    }

    private static void check(Tensor whole, int from, int count) {
        Object found = HeapStorage.newArray(whole.dtype(), count);
        whole.storage().read(whole.offset() + from, found, 0, count);
        assertThat(found)
                .as("memory beside a tensor of %d %s", whole.elements() - FRONT - BACK, whole.dtype())
                .isEqualTo(poison(whole.dtype(), count));
    }
}
