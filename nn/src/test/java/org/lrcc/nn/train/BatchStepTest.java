package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.reference.ReferenceKernels;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Plan;

class BatchStepTest {
    private static final Backend REFERENCE = Backends.named("reference");
    private static final int[] LABELS = {0, 1, 2, 0};

    @Test
    void aRefusedStepLeavesTheRunningStatisticsAsTheyWere() {
        TrainingState tensors = new TrainingState(TinyProblem.model(TinyProblem.CLASSES), List.of());
        Map<String, float[]> before = values(tensors);
        try (Kernels k = REFERENCE.open()) {
            BatchStep step = step(k, tensors);
            assertThatThrownBy(() -> step.run(Tensor.of(bad(), 4, 3, 8, 8), LABELS, 0))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("the input has values that are not finite");
            assertThat(values(tensors)).usingRecursiveComparison().isEqualTo(before);
            step.run(Tensor.of(good(), 4, 3, 8, 8), LABELS, 0);
        }
        assertThat(values(tensors).get("bn1.running_mean")).isNotEqualTo(before.get("bn1.running_mean"));
        assertThat(values(tensors).get("conv1.weight")).containsExactly(before.get("conv1.weight"));
    }

    /** The second micro-batch is refused after the first has left its gradient. */
    @Test
    void theStepAfterARefusedOneGivesWhatItGivesWithoutIt() {
        List<BatchStep.Outcome> outcomes = new ArrayList<>();
        List<float[]> gradients = new ArrayList<>();
        for (boolean refused : new boolean[] {true, false}) {
            TrainingState tensors = new TrainingState(TinyProblem.model(TinyProblem.CLASSES), List.of());
            try (Kernels k = REFERENCE.open()) {
                BatchStep step = step(k, tensors);
                if (refused) {
                    assertThatThrownBy(() -> step.run(Tensor.of(bad(), 4, 3, 8, 8), LABELS, 0))
                            .isInstanceOf(FailureException.class);
                }
                BatchStep.Outcome outcome = step.run(Tensor.of(good(), 4, 3, 8, 8), LABELS, 1);
                outcomes.add(outcome);
                gradients.add(outcome.gradient().toFloats());
            }
        }
        assertThat(gradients.get(0)).containsExactly(gradients.get(1));
        assertThat(outcomes.get(0).norm()).isEqualTo(outcomes.get(1).norm());
        assertThat(outcomes.get(0).loss()).isEqualTo(outcomes.get(1).loss());
    }

    @Test
    void aBadLabelLeavesTheRunningStatisticsAsTheyWere() {
        TrainingState tensors = new TrainingState(TinyProblem.model(TinyProblem.CLASSES), List.of());
        Map<String, float[]> before = values(tensors);
        try (Kernels k = REFERENCE.open()) {
            BatchStep step = step(k, tensors);
            assertThatThrownBy(() -> step.run(Tensor.of(good(), 4, 3, 8, 8), new int[] {0, 1, 2, 3}, 0))
                    .isInstanceOf(InputException.class);
        }
        assertThat(values(tensors)).usingRecursiveComparison().isEqualTo(before);
    }

    @Test
    void imagesAreGivenBackWhereTheLabelsDoNotArrive() {
        TrainingState tensors = new TrainingState(TinyProblem.model(TinyProblem.CLASSES), List.of());
        try (ReferenceKernels k = (ReferenceKernels) REFERENCE.open()) {
            Kernels full = (Kernels) Proxy.newProxyInstance(
                    Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (proxy, method, arguments) -> {
                        if (method.getName().equals("upload") && ((Tensor) arguments[0]).dtype() == DType.I32) {
                            throw new FailureException("no room for labels");
                        }
                        try {
                            return method.invoke(k, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
            BatchStep step = step(full, tensors);
            assertThatThrownBy(() -> step.run(Tensor.of(good(), 4, 3, 8, 8), LABELS, 0))
                    .hasMessage("no room for labels");
            assertThat(k.arena().live()).isZero();
        }
    }

    /** Two sizes in turn, one step refused: the same bits as where each tensor has memory of its own. */
    @Test
    void whereTensorsLieChangesNothing() {
        Backend cpu = Backends.named("cpu");
        List<List<float[]>> gradients = new ArrayList<>();
        for (boolean planned : new boolean[] {true, false}) {
            TrainingState tensors = new TrainingState(TinyProblem.model(TinyProblem.CLASSES), List.of());
            List<float[]> all = new ArrayList<>();
            try (Kernels k = cpu.open()) {
                BatchStep step = step(planned ? k : withoutRepetition(k), tensors);
                for (int i = 0; i < 6; i++) {
                    int batch = i == 2 ? 3 : 4;
                    Tensor x = Tensor.of(good(), 4, 3, 8, 8).slice(0, Shape.of(batch, 3, 8, 8));
                    if (i == 4) {
                        assertThatThrownBy(() -> step.run(Tensor.of(bad(), 4, 3, 8, 8), LABELS, 9))
                                .isInstanceOf(FailureException.class);
                    }
                    all.add(step.run(x, Arrays.copyOf(LABELS, batch), i)
                            .gradient()
                            .toFloats());
                }
            }
            gradients.add(all);
        }
        for (int i = 0; i < 6; i++) {
            assertThat(gradients.get(0).get(i)).containsExactly(gradients.get(1).get(i));
        }
    }

    private static Kernels withoutRepetition(Kernels k) {
        return (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("repeat")) {
                        return (Kernels.Repetition) () -> {};
                    }
                    try {
                        return method.invoke(k, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static BatchStep step(Kernels k, TrainingState tensors) {
        Plan plan =
                TinyProblem.model(TinyProblem.CLASSES).network().prepare(REFERENCE, Mode.TRAIN, Shape.of(2, 3, 8, 8));
        return new BatchStep(
                k,
                TrainConfig.defaults().microBatch(2),
                plan,
                tensors.state(),
                tensors.flat(),
                new double[0],
                BatchUpload.PLAIN);
    }

    private static float[] good() {
        float[] good = new float[4 * 3 * 64];
        for (int i = 0; i < good.length; i++) {
            good[i] = i % 7;
        }
        return good;
    }

    private static float[] bad() {
        float[] bad = good();
        bad[bad.length - 1] = Float.POSITIVE_INFINITY;
        return bad;
    }

    @Test
    void aWarmUpLeavesNothingBehind() {
        Model model = TinyProblem.model(TinyProblem.CLASSES);
        Shape shape = Shape.of(1, 3, 128, 128);
        float[] pixels = new float[shape.elements()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (i * 37 % 101) / 50f - 1;
        }
        Tensor x = Tensor.of(pixels, shape.sizes());
        Backend cpu = Backends.named("cpu");
        List<Map<String, float[]>> after = new ArrayList<>();
        List<Double> losses = new ArrayList<>();
        for (boolean warm : new boolean[] {true, false}) {
            TrainingState tensors = new TrainingState(model, List.of());
            Plan plan = model.network().prepare(cpu, Mode.TRAIN, shape);
            try (Kernels k = cpu.open()) {
                BatchStep step = new BatchStep(
                        k,
                        TrainConfig.defaults(),
                        plan,
                        tensors.state(),
                        tensors.flat(),
                        new double[0],
                        BatchUpload.PLAIN);
                if (warm) {
                    step.warmUp(cpu, model.network(), tensors.optimizer(k, TrainConfig.defaults()));
                }
                losses.add(step.run(x, new int[] {1}, 0).loss());
            }
            after.add(values(tensors));
        }
        assertThat(losses.get(0)).isEqualTo(losses.get(1));
        assertThat(after.get(0)).usingRecursiveComparison().isEqualTo(after.get(1));
    }

    private static Map<String, float[]> values(TrainingState tensors) {
        Map<String, float[]> values = new TreeMap<>();
        tensors.changing().forEach((name, tensor) -> values.put(name, tensor.toFloats()));
        return values;
    }
}
