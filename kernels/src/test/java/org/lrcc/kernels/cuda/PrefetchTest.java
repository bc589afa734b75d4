package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.ptx.InterpreterDriver;

/** What is prefetched arrives beside the kernels and in their order; the interpreter finds an order that is missing. */
class PrefetchTest {
    private static final int LENGTH = 100;

    private final InterpreterDriver driver = new InterpreterDriver();

    private static Tensor batch(float value) {
        float[] values = new float[LENGTH];
        Arrays.fill(values, value);
        return Tensor.of(values, LENGTH);
    }

    /** A batch as the trainer has it: uploaded, worked on while the next one comes, released. */
    private static float[] work(Kernels k, Tensor x, Tensor next) {
        Tensor images = k.upload(x);
        Tensor y = k.allocate(DType.F32, images.shape());
        k.copy(images, y);
        k.scale(2, y);
        k.prefetch(next);
        k.axpy(1, images, y);
        float[] got = y.toFloats();
        images.release();
        y.release();
        return got;
    }

    @Test
    void batchesComeOnAStreamOfTheirOwn() {
        try (Kernels k = new CudaBackend(driver).open()) {
            Tensor x = batch(1);
            for (int i = 2; i < 9; i++) {
                Tensor next = batch(i);
                assertThat(work(k, x, next)).containsOnly(3f * (i - 1));
                x = next;
            }
            assertThat(driver.calls("createStream")).isEqualTo(2);
            // All but the first upload found their batch there.
            assertThat(driver.calls("upload")).isEqualTo(8);
        }
        assertThat(driver.live()).isEqualTo("0 allocations, 0 pinned buffers, 0 streams, 0 events");
    }

    @Test
    void whatWasNotAskedForMakesRoom() {
        try (Kernels k = new CudaBackend(driver).open()) {
            for (int i = 0; i < 5; i++) {
                k.prefetch(batch(i));
            }
            Tensor longer = Tensor.of(new float[4 * LENGTH], 4 * LENGTH);
            k.prefetch(longer);
            assertThat(k.upload(longer).toFloats()).containsOnly(0);
            Tensor last = batch(7);
            k.prefetch(last);
            Tensor mine = k.upload(last);
            // Both places are taken now: this one is not begun, and comes all the same.
            Tensor third = batch(8);
            k.prefetch(third);
            assertThat(k.upload(third).toFloats()).containsOnly(8);
            assertThat(mine.toFloats()).containsOnly(7);
        }
        assertThat(driver.live()).isEqualTo("0 allocations, 0 pinned buffers, 0 streams, 0 events");
    }

    @Test
    void aPartOfABatchIsToldFromAnother() {
        try (Kernels k = new CudaBackend(driver).open()) {
            Tensor whole = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 6);
            Tensor first = whole.slice(0, whole.shape().with(0, 3));
            Tensor second = whole.slice(3, whole.shape().with(0, 3));
            k.prefetch(second);
            assertThat(k.upload(first).toFloats()).containsExactly(1, 2, 3);
            assertThat(k.upload(second).toFloats()).containsExactly(4, 5, 6);
        }
    }

    @Test
    void whereMemoryIsShortNothingIsPrefetched() {
        InterpreterDriver small = new InterpreterDriver(3L << 20, false);
        try (Kernels k = new CudaBackend(small).open()) {
            Tensor x = Tensor.of(new float[400_000], 400_000);
            Tensor y = Tensor.of(new float[400_000], 400_000);
            Tensor mine = k.upload(x);
            k.prefetch(y);
            k.prefetch(y);
            mine.release();
            assertThat(k.upload(y).toFloats()).containsOnly(0);
        }
    }

    @Test
    void aStepThatNeedsTheMemoryComesFirst() {
        InterpreterDriver small = new InterpreterDriver(6L << 20, false);
        try (Kernels k = new CudaBackend(small).open()) {
            Tensor x = Tensor.of(new float[600_000], 600_000);
            k.prefetch(x);
            assertThat(k.usedBytes()).isPositive();
            Tensor needed = k.allocate(DType.F32, Shape.of(1_200_000));
            k.fill(needed, 1);
            assertThat(needed.storage().length()).isEqualTo(1_200_000);
            needed.release();
            assertThat(k.upload(x).toFloats()).containsOnly(0);
        }
        assertThat(small.live()).isEqualTo("0 allocations, 0 pinned buffers, 0 streams, 0 events");
    }

    @Test
    void theCopyLiesBesideTheKernels() {
        try (Kernels k = new CudaBackend(driver).open()) {
            Tensor x = k.upload(batch(1));
            CudaKernels.Overlap overlap = ((CudaKernels) k).overlap(() -> k.scale(2, x), batch(3));
            assertThat(overlap.copyEnd()).isGreaterThanOrEqualTo(overlap.copyBegin());
            assertThat(overlap.kernelsEnd()).isNotNegative();
        }
    }

    /** The driver without the n-th of each three waits of one stream for another. */
    private GpuDriver withoutWait(int nth) {
        int[] waits = new int[1];
        return (GpuDriver) Proxy.newProxyInstance(
                GpuDriver.class.getClassLoader(), new Class<?>[] {GpuDriver.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("waitFor") && waits[0]++ % 2 == nth) {
                        return null;
                    }
                    try {
                        return method.invoke(driver, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** 0: the copies do not wait until the kernels have left the place; 1: the kernels do not wait for the copy. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aMissingOrderIsFound(int nth) {
        Kernels k = new CudaBackend(withoutWait(nth)).open();
        assertThatThrownBy(() -> {
                    Tensor x = batch(1);
                    for (int i = 2; i < 9; i++) {
                        Tensor next = batch(i);
                        Tensor images = k.upload(x);
                        Tensor y = k.allocate(DType.F32, images.shape());
                        k.copy(images, y);
                        k.prefetch(next);
                        images.release();
                        y.release();
                        x = next;
                    }
                })
                .satisfies(e -> assertThat(GpuFault.kindOf(e)).isEqualTo(GpuFault.Kind.KERNEL))
                .hasMessageContaining(nth == 0 ? "streams: upload uses" : "streams: copy uses")
                .hasMessageContaining("with no event between");
    }
}
