package org.lrcc.engine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
    private static final int LEAD = 12;

    private final HeapArena arena = new HeapArena(LEAD);

    /** A run: a length allocates, -1 - i gives back what was allocated as number i. */
    private static int[] run(long seed, int allocations) {
        Random random = new Random(seed);
        List<Integer> steps = new ArrayList<>();
        List<Integer> live = new ArrayList<>();
        for (int i = 0; i < allocations; i++) {
            steps.add(1 + random.nextInt(random.nextInt(4) == 0 ? 5000 : 100));
            live.add(i);
            while (!live.isEmpty() && random.nextInt(20) < 9) {
                steps.add(-1 - live.remove(random.nextInt(live.size())));
            }
        }
        live.forEach(i -> steps.add(-1 - i));
        return steps.stream().mapToInt(i -> i).toArray();
    }

    /** Each tensor is filled with a number of its own, which must be there when it is given back. */
    private void take(int[] run) {
        List<Tensor> tensors = new ArrayList<>();
        arena.begin("run", () -> null);
        for (int step : run) {
            if (step > 0) {
                Tensor tensor = arena.allocate(DType.F32, Shape.of(step));
                assertThat(tensor.offset() % 16).isEqualTo(LEAD);
                float[] values = new float[step];
                Arrays.fill(values, tensors.size());
                tensor.storage().write(tensor.offset(), values, 0, step);
                tensors.add(tensor);
            } else {
                check(tensors, -1 - step);
                tensors.get(-1 - step).release();
            }
        }
        arena.end();
    }

    private static void check(List<Tensor> tensors, int i) {
        float[] expected = new float[tensors.get(i).elements()];
        Arrays.fill(expected, i);
        assertThat(tensors.get(i).toFloats()).containsExactly(expected);
    }

    private static MemoryPlan plan(int[] run) {
        MemoryPlan.Recorder recorder = new MemoryPlan.Recorder();
        for (int step : run) {
            if (step > 0) {
                recorder.allocated(step);
            } else {
                recorder.released(-1 - step);
            }
        }
        return recorder.plan();
    }

    @Test
    void layoutsTakeLittleMoreThanWhatLivesAtOnce() {
        for (int seed = 0; seed < 20; seed++) {
            MemoryPlan plan = plan(run(seed, 300));
            assertThat(plan.bytes()).as("seed %d", seed).isBetween(plan.highestBytes(), (long)
                    (1.25 * plan.highestBytes()));
        }
    }

    @Test
    void twoThatNeverLiveTogetherShareAPlace() {
        MemoryPlan plan = plan(new int[] {100, 50, -1, 90, -2, -3});
        assertThat(plan.offset(2)).isEqualTo(plan.offset(0)).isNotEqualTo(plan.offset(1));
        assertThat(plan.highestBytes()).isEqualTo(4 * 150);
    }

    @Test
    void whatOutlivesTheRunHasNoPlace() {
        MemoryPlan plan = plan(new int[] {100, 50, -1});
        assertThat(plan.offset(1)).isEqualTo(MemoryPlan.OUTSIDE);
        assertThat(plan.highestBytes()).isEqualTo(400);
    }

    @Test
    void runsThatRepeatKeepTheirContentsAndAllocateNothing() {
        int[] run = run(1, 300);
        take(run);
        long before = arena.freeBytes();
        for (int i = 0; i < 3; i++) {
            take(run);
        }
        assertThat(arena.plannedBytes()).isEqualTo(plan(run).bytes() + 4 * LEAD);
        assertThat(arena.freeBytes()).isEqualTo(before);
        assertThat(arena.live()).isZero();
    }

    @Test
    void runsThatDepartKeepTheirContentsAndAreLaidOutAnew() {
        int[] run = run(2, 200);
        take(run);
        for (int seed = 3; seed < 10; seed++) {
            int[] other = run(seed, 200);
            int common = 50;
            int[] mixed = run.clone();
            for (int i = common; i < mixed.length; i++) {
                mixed[i] = mixed[i] > 0 ? mixed[i] + seed : mixed[i];
            }
            for (int[] each : List.of(run, mixed, mixed, other, other, Arrays.copyOf(run, common), run)) {
                take(each);
            }
        }
        take(run);
        long free = arena.freeBytes();
        take(run);
        assertThat(arena.freeBytes()).isEqualTo(free);
    }

    @Test
    void aTensorThatLivesLongerThanBeforeKeepsItsContents() {
        int[] run = {100, -1, 100, -2};
        take(run);
        take(run);
        Tensor[] held = new Tensor[2];
        for (int i = 0; i < 3; i++) {
            arena.begin("run", () -> null);
            for (int j = 0; j < 2; j++) {
                held[j] = arena.allocate(DType.F32, Shape.of(100));
                float[] values = new float[100];
                Arrays.fill(values, j);
                held[j].storage().write(held[j].offset(), values, 0, 100);
            }
            arena.end();
            check(List.of(held), 0);
            check(List.of(held), 1);
            held[0].release();
            held[1].release();
        }
        assertThat(arena.live()).isZero();
    }

    @Test
    void anotherKindOfRunTakesTheSameArray() {
        take(run(1, 100));
        take(run(1, 100));
        long bytes = arena.plannedBytes();
        arena.begin("small", () -> plan(new int[] {10, -1}));
        Tensor tensor = arena.allocate(DType.F32, Shape.of(10));
        assertThat(((HeapStorage) tensor.storage()).array())
                .extracting(array -> ((float[]) array).length * 4L)
                .isEqualTo(bytes);
        tensor.release();
        arena.end();
        assertThat(arena.plannedBytes()).isEqualTo(bytes);
    }

    @Test
    void anArrayThatHasLongBeenTooLargeGivesWayToASmallerOne() {
        take(run(1, 100));
        take(run(1, 100));
        MemoryPlan small = plan(new int[] {10, -1});
        long bytes = arena.plannedBytes();
        for (int i = 0; i < 2 * PlannedMemory.LONG; i++) {
            assertThat(arena.plannedBytes()).isIn(bytes, small.bytes() + 4 * LEAD);
            arena.begin("small", () -> small);
            arena.allocate(DType.F32, Shape.of(10)).release();
            arena.end();
        }
        assertThat(arena.plannedBytes()).isEqualTo(small.bytes() + 4 * LEAD);
        take(run(1, 100));
        assertThat(arena.plannedBytes()).isEqualTo(bytes);
    }

    @Test
    void runsDoNotNestAndAClosedArenaRefuses() {
        arena.begin("run", () -> null);
        assertThatThrownBy(() -> arena.begin("other", () -> null)).isInstanceOf(IllegalStateException.class);
        arena.end();
        take(run(1, 10));
        take(run(1, 10));
        arena.close();
        assertThat(arena.plannedBytes()).isZero();
        arena.begin("run", () -> null);
        assertThatThrownBy(() -> arena.allocate(DType.F32, Shape.of(1))).isInstanceOf(IllegalStateException.class);
    }
}
