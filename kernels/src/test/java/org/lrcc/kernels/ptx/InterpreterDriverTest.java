package org.lrcc.kernels.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.FailureException;
import org.lrcc.kernels.cuda.GpuFault;
import org.lrcc.kernels.cuda.LaunchArguments;

/** The driver without a GPU computes what the libraries say, and finds calls that a GPU would take amiss or get wrong in silence. */
class InterpreterDriverTest {
    private static final Offset<Float> CLOSE = Offset.offset(2e-5f);

    private final InterpreterDriver driver = new InterpreterDriver();
    private final Random random = new Random(1);

    private float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    private long upload(float... values) {
        ByteBuffer buffer = driver.allocatePinned(4 * values.length);
        buffer.asFloatBuffer().put(values);
        long address = driver.allocate(4L * values.length);
        driver.upload(buffer, address, 4 * values.length, 0);
        driver.freePinned(buffer);
        return address;
    }

    private float[] download(long address, int count) {
        ByteBuffer buffer = driver.allocatePinned(4 * count);
        driver.download(address, buffer, 4 * count, 0);
        driver.synchronize(0);
        float[] values = new float[count];
        buffer.asFloatBuffer().get(values);
        driver.freePinned(buffer);
        return values;
    }

    private static void refuse(Runnable call, String... parts) {
        assertThatThrownBy(call::run).isInstanceOf(FailureException.class).satisfies(error -> {
            assertThat(GpuFault.kindOf(error)).isEqualTo(GpuFault.Kind.KERNEL);
            for (String part : parts) {
                assertThat(error).hasMessageContaining(part);
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void productsAreTheLibrarys(boolean transposeA, boolean transposeB) {
        int m = 5;
        int n = 4;
        int k = 3;
        int count = 2;
        float[] a = values(100);
        float[] b = values(100);
        float[] c = values(100);
        long at = upload(c);
        driver.products()
                .gemmStridedBatched(
                        transposeA,
                        transposeB,
                        m,
                        n,
                        k,
                        2,
                        upload(a),
                        7,
                        40,
                        upload(b),
                        6,
                        30,
                        0.5f,
                        at,
                        8,
                        45,
                        count,
                        0);
        float[] got = download(at, 100);
        float[] want = c.clone();
        for (int i = 0; i < count; i++) {
            for (int row = 0; row < m; row++) {
                for (int column = 0; column < n; column++) {
                    float sum = 0;
                    for (int l = 0; l < k; l++) {
                        sum += a[40 * i + (transposeA ? row * 7 + l : l * 7 + row)]
                                * b[30 * i + (transposeB ? l * 6 + column : column * 6 + l)];
                    }
                    want[45 * i + column * 8 + row] = 2 * sum + 0.5f * c[45 * i + column * 8 + row];
                }
            }
        }
        assertThat(got).containsExactly(want, CLOSE);
    }

    @Test
    void wrongProductsAreRefused() {
        InterpreterDriver[] drivers = new InterpreterDriver[5];
        Arrays.setAll(drivers, i -> new InterpreterDriver());
        String[] parts = {
            "leading dimension 3 of a", "gemm: b: 64 bytes", "nothing has written", "overlaps", "stride 0 of c"
        };
        for (int i = 0; i < drivers.length; i++) {
            InterpreterDriver fresh = drivers[i];
            long x = fresh.allocate(64);
            long y = fresh.allocate(64);
            fresh.fillWords(x, 0, 16, 0);
            int fault = i;
            refuse(
                    () -> {
                        switch (fault) {
                            case 0 -> fresh.products().gemm(false, false, 4, 4, 4, 1, x, 3, x, 4, 0, y, 4, 0);
                            case 1 -> fresh.products().gemm(false, false, 4, 4, 4, 1, x, 4, x + 4, 4, 0, y, 4, 0);
                            case 2 ->
                                fresh.products()
                                        .gemm(false, false, 4, 4, 4, 1, x, 4, y, 4, 0, fresh.allocate(64), 4, 0);
                            case 3 -> fresh.products().gemm(false, false, 4, 4, 4, 1, x, 4, x, 4, 0, x, 4, 0);
                            default ->
                                fresh.products()
                                        .gemmStridedBatched(
                                                false, false, 2, 2, 2, 1, x, 2, 4, x, 2, 4, 0, y, 2, 0, 2, 0);
                        }
                    },
                    parts[i]);
        }
    }

    @Test
    void tf32RoundsFactors() {
        float fine = 1 + 1f / 4096;
        long y = driver.allocate(4);
        driver.products().gemm(false, false, 1, 1, 1, 1, upload(fine), 1, upload(1), 1, 0, y, 1, 0);
        assertThat(download(y, 1)).containsExactly(fine);
        long other = driver.createStream();
        driver.products().allowTf32(other, true);
        driver.products().gemm(false, false, 1, 1, 1, 1, upload(fine), 1, upload(1), 1, 0, y, 1, 0);
        assertThat(download(y, 1)).as("another stream's products").containsExactly(fine);
        driver.products().allowTf32(0, true);
        driver.products().gemm(false, false, 1, 1, 1, 1, upload(fine), 1, upload(1), 1, 0, y, 1, 0);
        assertThat(download(y, 1)).containsExactly(1);
    }

    @ParameterizedTest
    @CsvSource({"7,4", "5,5", "3,6"})
    void factorizationsMultiplyBack(int m, int n) {
        float[] a = values(m * n);
        int count = Math.min(m, n);
        long s = driver.allocate(4L * count);
        long u = driver.allocate(4L * count * m);
        long v = driver.allocate(4L * count * n);
        int floats = driver.solver().gesvdjWorkspace(m, n, s, m, s, u, m, v, n, 0);
        long work = driver.allocate(4L * floats);
        long info = driver.allocate(4);
        driver.solver().gesvdj(m, n, upload(a), m, s, u, m, v, n, work, floats, info, 0);
        float[] values = download(s, count);
        float[] left = download(u, count * m);
        float[] right = download(v, count * n);
        float[] back = new float[m * n];
        for (int i = 0; i < m * n; i++) {
            for (int j = 0; j < count; j++) {
                back[i] += left[j * m + i % m] * values[j] * right[j * n + i / m];
            }
        }
        assertThat(back).containsExactly(a, CLOSE);
        assertThat(values).isSortedAccordingTo((x, y) -> Float.compare(y, x));
        if (m >= n) {
            qr(m, n, a);
        }
    }

    private void qr(int m, int n, float[] a) {
        long q = upload(a);
        long tau = driver.allocate(4L * n);
        int floats = driver.solver().geqrfWorkspace(m, n, q, m, 0);
        long work = driver.allocate(4L * floats);
        long info = driver.allocate(4);
        driver.solver().geqrf(m, n, q, m, tau, work, floats, info, 0);
        float[] r = download(q, m * n);
        driver.solver().orgqr(m, n, n, q, m, tau, work, floats, info, 0);
        float[] columns = download(q, m * n);
        float[] back = new float[m * n];
        for (int i = 0; i < m * n; i++) {
            for (int j = 0; j <= i / m; j++) {
                back[i] += columns[j * m + i % m] * r[i / m * m + j];
            }
        }
        assertThat(back).containsExactly(a, CLOSE);
    }

    @Test
    void factorizationsAreCheckedLikeKernels() {
        String[] parts = {
            "leading dimension 3",
            "a work space of 40 floats, 132 are needed",
            "geqrf work space: 528 bytes",
            "geqrf report",
            "geqrf tau",
            "nothing has written all of column 0",
            "there is no stream 77"
        };
        for (int i = 0; i < parts.length; i++) {
            int fault = i;
            InterpreterDriver fresh = new InterpreterDriver();
            long a = fresh.allocate(64);
            long tau = fresh.allocate(16);
            int floats = fresh.solver().geqrfWorkspace(4, 4, a, 4, 0);
            long work = fresh.allocate(4L * floats);
            long info = fresh.allocate(4);
            if (fault != 5) {
                fresh.fillWords(a, 0, 16, 0);
            }
            assertThatThrownBy(() -> {
                        switch (fault) {
                            case 0 -> fresh.solver().geqrf(4, 4, a, 3, tau, work, floats, info, 0);
                            case 1 -> fresh.solver().geqrf(4, 4, a, 4, tau, work, 40, info, 0);
                            case 2 -> fresh.solver().geqrf(4, 4, a, 4, tau, work + 4, floats, info, 0);
                            case 3 -> fresh.solver().geqrf(4, 4, a, 4, tau, work, floats, info + 4, 0);
                            case 4 -> fresh.solver().geqrf(4, 4, a, 4, tau + 4, work, floats, info, 0);
                            case 5 -> fresh.solver().geqrf(4, 4, a, 4, tau, work, floats, info, 0);
                            default -> fresh.solver().geqrf(4, 4, a, 4, tau, work, floats, info, 77);
                        }
                    })
                    .as(parts[fault])
                    .hasMessageContaining(parts[fault]);
        }
    }

    @Test
    void aDownloadArrivesWhenItsStreamIsWaitedFor() {
        long x = upload(1, 2);
        ByteBuffer buffer = driver.allocatePinned(8);
        driver.download(x, buffer, 8, 0);
        assertThat(buffer.getFloat(0)).isZero();
        driver.synchronize(0);
        assertThat(buffer.getFloat(4)).isEqualTo(2);
    }

    @Test
    void streamsThatNothingOrdersAreFound() {
        long copies = driver.createStream();
        long compute = driver.createStream();
        long event = driver.createEvent();
        long x = driver.allocate(64);
        long y = driver.allocate(64);
        driver.fillWords(x, 1, 16, copies);
        driver.record(event, copies);
        driver.waitFor(compute, event);
        driver.copy(x, y, 64, compute);
        // What the host waited for orders too.
        driver.synchronize(compute);
        driver.fillWords(x, 2, 16, copies);
        refuse(() -> driver.copy(x, y, 64, compute), "streams: copy uses allocation 1, which fillWords wrote");
    }

    @Test
    void aWriteUnderAReaderIsFound() {
        long copies = driver.createStream();
        long x = driver.allocate(64);
        long y = driver.allocate(64);
        driver.fillWords(x, 1, 16, 0);
        driver.copy(x, y, 64, 0);
        refuse(() -> driver.fillWords(x, 1, 16, copies), "streams: fillWords uses allocation 1, which fillWords wrote");
    }

    @Test
    void aPieceGivenOutAnewComesAfterItsFormerUses() {
        long copies = driver.createStream();
        long event = driver.createEvent();
        long arena = driver.allocate(1024);
        driver.handOut(arena, 512);
        driver.fillWords(arena, 1, 128, 0);
        driver.takeBack(arena);
        // It begins in the middle of the former piece; the rest of that goes to another.
        driver.handOut(arena + 256, 512);
        driver.record(event, 0);
        driver.waitFor(copies, event);
        driver.fillWords(arena + 256, 2, 128, copies);
        driver.handOut(arena, 256);
        driver.fillWords(arena, 3, 64, 0);
        driver.takeBack(arena);
        driver.handOut(arena, 128);
        refuse(() -> driver.fillWords(arena, 4, 32, copies), "fillWords used, before it was given out anew,");
    }

    @Test
    void whatAKernelWroteIsNotReadElsewhereBeforeAnEvent() {
        long module = driver.loadModule("faults", InterpreterTest.faults());
        long shift = driver.function(module, "shift");
        LaunchArguments arguments = new LaunchArguments();
        long x = upload(1, 2, 3);
        long y = driver.allocate(12);
        long z = driver.allocate(12);
        arguments.clear().pointer(x).pointer(y).int32(3).float32(0.5);
        driver.launch(shift, 1, 1, 1, 32, 1, 0, 0, arguments);
        long copies = driver.createStream();
        refuse(() -> driver.copy(y, z, 12, copies), "copy uses allocation 2, which launch wrote on another stream");
    }

    @Test
    void aBufferIsNotWrittenBeforeItsCopyIsDone() {
        ByteBuffer buffer = driver.allocatePinned(8);
        long event = driver.createEvent();
        long x = driver.allocate(8);
        driver.upload(buffer, x, 4, 0);
        driver.record(event, 0);
        driver.awaitEvent(event);
        buffer.putInt(0, 7);
        driver.upload(buffer, x, 4, 0);
        buffer.putInt(4, 8); // beside it
        driver.upload(buffer, x, 8, 0);
        buffer.putInt(0, 9);
        assertThatThrownBy(() -> driver.synchronize(0))
                .isInstanceOf(PtxFault.class)
                .hasMessageContaining("the page-locked buffer was written again before");
    }

    @Test
    void kernelsRunAndTheirFaultsLoseTheDevice() {
        long module = driver.loadModule("faults", InterpreterTest.faults());
        long shift = driver.function(module, "shift");
        LaunchArguments arguments = new LaunchArguments();
        long x = upload(1, 2, 3);
        long y = driver.allocate(12);
        arguments.clear().pointer(x).pointer(y).int32(3).float32(0.5);
        driver.launch(shift, 1, 1, 1, 32, 1, 0, 0, arguments);
        assertThat(download(y, 3)).containsExactly(1.5f, 2.5f, 3.5f);
        assertThat(arguments).hasToString("(0x" + Long.toHexString(x) + ", 0x" + Long.toHexString(y) + ", 3, 0.5)");
        arguments.clear().pointer(x).pointer(y).int32(4).float32(0.5);
        refuse(() -> driver.launch(shift, 1, 1, 1, 32, 1, 0, 0, arguments), "kernel shift line ", "out of bounds");
        assertThatThrownBy(() -> driver.synchronize(0)).hasMessageContaining("the device is lost since kernel shift");
        assertThat(driver.calls("launch")).isEqualTo(2);
    }

    @Test
    void callsFailOnRequest() {
        driver.fail("allocate", 2, GpuFault.Kind.OUT_OF_MEMORY);
        driver.allocate(4);
        assertThatThrownBy(() -> driver.allocate(4))
                .satisfies(error -> assertThat(GpuFault.kindOf(error)).isEqualTo(GpuFault.Kind.OUT_OF_MEMORY));
        driver.allocate(4);
        driver.fail("synchronize", 1, GpuFault.Kind.LOST);
        assertThatThrownBy(() -> driver.synchronize(0)).isInstanceOf(FailureException.class);
        assertThatThrownBy(() -> driver.allocate(4)).hasMessageContaining("lost");
    }

    @Test
    void memoryEndsAndIsCounted() {
        InterpreterDriver small = new InterpreterDriver(1000, true);
        long x = small.allocate(600);
        assertThatThrownBy(() -> small.allocate(600))
                .hasMessage("allocate: 600 bytes do not fit, 600 of 1000 are in use")
                .satisfies(error -> assertThat(GpuFault.kindOf(error)).isEqualTo(GpuFault.Kind.OUT_OF_MEMORY));
        assertThat(small.live()).isEqualTo("1 allocations, 0 pinned buffers, 0 streams, 0 events");
        small.free(x);
        assertThat(small.usedBytes()).isZero();
        assertThat(small.highestBytes()).isEqualTo(600);
        assertThatThrownBy(() -> small.free(x)).isInstanceOf(PtxFault.class);
    }
}
