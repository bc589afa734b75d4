package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;

class EvaluatorTest {
    private static final Backend REFERENCE = Backends.named("reference");
    private static final List<String> CLASSES = List.of("a", "b", "c", "d", "e", "f", "g");

    /** A network whose outputs are its input. */
    private static Model identity() {
        Network network =
                Network.of("x", Shape.of(1, 7, 1, 1), List.of(new Node("flat", new Flatten(1), List.of("x"))), "flat");
        return new Model(network, State.builder().build(), new ModelInfo(CLASSES, Preprocessing.imagenet(), Map.of()));
    }

    private static Evaluation evaluate(Model model, BatchSource source, int batch) {
        try (Evaluator evaluator = new Evaluator(REFERENCE, model, source, batch);
                Kernels k = REFERENCE.open()) {
            return evaluator.run(k, model.state());
        }
    }

    private static TensorSource logits(float[][] rows, int[] labels, List<String> classes) {
        float[] all = new float[rows.length * 7];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, all, i * 7, 7);
        }
        return new TensorSource(Tensor.of(all, rows.length, 7, 1, 1), labels, classes);
    }

    private static final float[][] ROWS = {
        {9, 1, 2, 3, 4, 5, 6}, // a is first
        {0, 1, 2, 3, 4, 5, 6}, // a is last, g first
        {1, 2, 3, 4, 5, 6, 7}, // c is fifth
        {1, 2, 3, 4, 5, 6, 7}, // b is sixth
        {2, 2, 0, 0, 0, 0, 0}, // of equals a ranks higher
    };

    @Test
    void countsAndRanks() {
        Evaluation e = evaluate(identity(), logits(ROWS, new int[] {0, 0, 2, 1, 1}, CLASSES), 2);
        assertThat(e.top1()).isEqualTo(0.2);
        assertThat(e.top5()).isEqualTo(0.6);
        assertThat(e.samples()).isEqualTo(5);
        int[][] confusion = new int[7][7];
        confusion[0][0] = 1;
        confusion[0][6] = 1;
        confusion[2][6] = 1;
        confusion[1][6] = 1;
        confusion[1][0] = 1;
        assertThat(e.confusion()).isDeepEqualTo(confusion);
        assertThat(e.perClass().get(0)).isEqualTo(new Evaluation.ClassScore("a", 2, 1));
        assertThat(e.perClass().get(0).accuracy()).isEqualTo(0.5);
        assertThat(e.perClass().get(3)).isEqualTo(new Evaluation.ClassScore("d", 0, 0));
        double loss = 0;
        int[] labels = {0, 0, 2, 1, 1};
        for (int i = 0; i < ROWS.length; i++) {
            float[] row = ROWS[i];
            double sum =
                    IntStream.range(0, 7).mapToDouble(j -> Math.exp(row[j])).sum();
            loss += Math.log(sum) - row[labels[i]];
            assertThat(e.predictions().get(i).probabilities()[labels[i]])
                    .isCloseTo((float) (Math.exp(row[labels[i]]) / sum), within(1e-6f));
        }
        assertThat(e.loss()).isCloseTo(loss / 5, within(1e-9));
        assertThat(e.predictions().get(4).predicted()).isZero();
    }

    @Test
    void classesAreMatchedByName() {
        List<String> other = List.of("g", "a");
        Evaluation e = evaluate(identity(), logits(ROWS, new int[] {1, 0, 0, 0, 1}, other), 50);
        assertThat(e.top1()).isEqualTo(1);
        assertThat(e.classes()).isEqualTo(CLASSES);
        assertThat(e.confusion()[6][6]).isEqualTo(3);
        assertThatThrownBy(() -> evaluate(identity(), logits(ROWS, new int[5], List.of("z")), 50))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("'z' of the data is none of the model's 7 classes");
    }

    @Test
    void theBatchDoesNotMatter() {
        Model model = TinyProblem.model(TinyProblem.CLASSES);
        TensorSource source = TinyProblem.samples(11, 3);
        Evaluation one = evaluate(model, source, 1);
        for (int batch : new int[] {4, 11, 100}) {
            Evaluation many = evaluate(model, source, batch);
            assertThat(many.score()).isEqualTo(one.score());
            for (int i = 0; i < 11; i++) {
                assertThat(many.predictions().get(i).probabilities())
                        .containsExactly(one.predictions().get(i).probabilities());
            }
        }
    }

    @Test
    void outputsThatAreNotFiniteFail() {
        float[][] rows = {{0, 0, Float.NaN, 0, 0, 0, 0}};
        assertThatThrownBy(() -> evaluate(identity(), logits(rows, new int[] {2}, CLASSES), 1))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the outputs for sample 0 are not finite");
    }

    @Test
    void wrongUse() {
        TensorSource source = logits(ROWS, new int[5], CLASSES);
        assertThatThrownBy(() -> evaluate(identity(), source, 0)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> evaluate(identity(), source.subset(new int[0]), 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("there are no samples");
    }
}
