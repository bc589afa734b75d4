package org.lrcc.engine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class HeapArenaTest {
    private final HeapArena arena = new HeapArena();

    private Tensor allocate(DType dtype, int length) {
        return Tensor.view(arena.allocate(dtype, length), 0, Shape.of(length));
    }

    private static Object array(Tensor tensor) {
        return ((HeapStorage) tensor.storage()).array();
    }

    @Test
    void arraysComeBackByTypeAndLength() {
        Tensor first = allocate(DType.F32, 100);
        Object array = array(first);
        first.release();
        assertThat(array(allocate(DType.F32, 101))).isNotSameAs(array);
        assertThat(array(allocate(DType.I32, 100))).isNotSameAs(array);
        Tensor again = allocate(DType.F32, 100);
        assertThat(array(again)).isSameAs(array);
        assertThat(array(allocate(DType.F32, 100))).as("while it is in use").isNotSameAs(array);
    }

    @Test
    void countsWhatIsHeld() {
        Tensor a = allocate(DType.F32, 10);
        Tensor b = allocate(DType.U8, 10);
        assertThat(arena.live()).isEqualTo(2);
        assertThat(arena.liveBytes()).isEqualTo(50);
        a.release();
        assertThat(arena.liveBytes()).isEqualTo(10);
        assertThat(arena.freeBytes()).isEqualTo(40);
        b.release();
        assertThat(arena.highestBytes()).isEqualTo(50);
        assertThat(arena.live()).isZero();
    }

    @Test
    void arraysNobodyAsksForAreDropped() {
        allocate(DType.F32, 1_000_000).release();
        for (int i = 0; i < 10_000; i++) {
            allocate(DType.F32, 8).release();
        }
        assertThat(arena.freeBytes()).isEqualTo(32);
    }

    @Test
    void closingDropsFreeArraysAndRefusesNewOnes() {
        Tensor held = allocate(DType.F32, 4);
        allocate(DType.F32, 5).release();
        arena.close();
        assertThat(arena.freeBytes()).isZero();
        assertThat(held.toFloats()).hasSize(4);
        held.release();
        assertThat(arena.live()).isZero();
        assertThat(arena.freeBytes()).isZero();
        assertThatThrownBy(() -> allocate(DType.F32, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void twoThreadsNeverGetOneArray() throws InterruptedException {
        Set<Object> inUse = ConcurrentHashMap.newKeySet();
        List<String> faults = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(new Thread(() -> {
                for (int i = 0; i < 2000; i++) {
                    Tensor tensor = allocate(DType.F32, 16);
                    Object array = array(tensor);
                    if (!inUse.add(array)) {
                        faults.add("handed out twice");
                    }
                    inUse.remove(array);
                    tensor.release();
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(faults).isEmpty();
        assertThat(arena.live()).isZero();
        assertThat(arena.freeBytes()).isLessThanOrEqualTo(4 * 64);
    }
}
