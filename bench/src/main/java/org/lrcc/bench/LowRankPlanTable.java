package org.lrcc.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Factors;
import org.lrcc.engine.op.LowRankConv2d;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.LowRankWork;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * Low-rank convolutions of ResNet18's layers by every plan, and whether the cost model picks one within 10 % of the best. Arguments:
 * {@code OUT.md FIRST LAST [batch]}: appends the rows of layers FIRST to LAST (of {@value #COUNT}, the first being 0), so that long measurements can be made in parts.
 */
public final class LowRankPlanTable {
    private static final int COUNT = 11;
    private static final int RUNS = 9;
    private static final double CLOSE = 1.1;

    /** in, out, size, kernel, stride, padding. */
    private static final int[][] LAYERS = {
        {3, 64, 224, 7, 2, 3},
        {64, 64, 56, 3, 1, 1},
        {64, 128, 56, 3, 2, 1},
        {64, 128, 56, 1, 2, 0},
        {128, 128, 28, 3, 1, 1},
        {128, 256, 28, 3, 2, 1},
        {128, 256, 28, 1, 2, 0},
        {256, 256, 14, 3, 1, 1},
        {256, 512, 14, 3, 2, 1},
        {256, 512, 14, 1, 2, 0},
        {512, 512, 7, 3, 1, 1},
    };

    private static final String[] RANKS = {"0.25", "0.05", "r4", "r8", "r16"};

    /** What is run: inference of U·V alone, a training step of U·V alone, a training step of W + U·V. */
    private enum Kind {
        FORWARD,
        STEP,
        STEP_OVER_WEIGHT
    }

    private final Kernels kernels = Backends.get().open();
    private final int batch;

    private LowRankPlanTable(int batch) {
        this.batch = batch;
    }

    /** Measures and appends. */
    public static void main(String[] args) throws IOException {
        if (args.length < 3) {
            System.err.println("usage: LowRankPlanTable OUT.md FIRST LAST [batch]");
            System.exit(2);
        }
        LowRankPlanTable table = new LowRankPlanTable(args.length > 3 ? Integer.parseInt(args[3]) : 8);
        StringBuilder rows = new StringBuilder();
        for (int layer = Integer.parseInt(args[1]); layer <= Integer.parseInt(args[2]); layer++) {
            for (String rank : RANKS) {
                for (Kind kind : Kind.values()) {
                    rows.append(table.row(LAYERS[layer], rank, kind));
                }
            }
        }
        System.out.print(rows);
        Files.writeString(Path.of(args[0]), rows, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private String row(int[] layer, String rankText, Kind kind) {
        int kernel = layer[3];
        ConvGeometry geometry = ConvGeometry.of(layer[4], layer[5]);
        int columns = layer[0] * kernel;
        int rank = rankText.startsWith("r")
                ? Integer.parseInt(rankText.substring(1))
                : Math.max(1, (int) (columns * Double.parseDouble(rankText)));
        boolean step = kind != Kind.FORWARD;
        boolean input = step && layer[0] > 3;
        LowRankWork work = new LowRankWork(
                Shape.of(batch, layer[0], layer[2], layer[2]),
                layer[1],
                kernel,
                rank,
                geometry,
                Factors.FLAT,
                kind == Kind.STEP_OVER_WEIGHT,
                input,
                step,
                step,
                false);
        LowRankPlan pick = work.choose(kernels.backend().costs());
        List<LowRankPlan> plans = LowRankPlan.all().stream()
                .filter(plan ->
                        step || plan.inputGradient() == plan.forward() && plan.parameterGradient() == plan.forward())
                .filter(plan -> input || plan.inputGradient() == LowRankPlan.Way.COMPOSED || !step)
                .toList();
        double[] times = measure(work, plans);
        int best = 0;
        int picked = 0;
        for (int i = 0; i < times.length; i++) {
            best = times[i] < times[best] ? i : best;
            boolean same = plans.get(i).forward() == pick.forward()
                    && (!input || plans.get(i).inputGradient() == pick.inputGradient())
                    && (!step || plans.get(i).parameterGradient() == pick.parameterGradient());
            picked = same ? i : picked;
        }
        double loss = times[picked] / times[best];
        return String.format(
                Locale.ROOT,
                "| %d to %d, %d, %dx%d/%d | %s (%d) | %s | %s | %.2f | %.2f | %s | %.2f | %.2f | %s |%n",
                layer[0],
                layer[1],
                layer[2],
                kernel,
                kernel,
                layer[4],
                rankText,
                rank,
                kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                text(plans.get(picked), step, input),
                work.nanos(pick, kernels.backend().costs()) / 1e6,
                times[picked],
                text(plans.get(best), step, input),
                times[best],
                times[0],
                loss <= CLOSE ? "yes" : String.format(Locale.ROOT, "%.2f", loss));
    }

    private static String text(LowRankPlan plan, boolean step, boolean input) {
        String text = letter(plan.forward());
        return step ? text + (input ? letter(plan.inputGradient()) : "-") + letter(plan.parameterGradient()) : text;
    }

    private static String letter(LowRankPlan.Way way) {
        return way == LowRankPlan.Way.COMPOSED ? "C" : "F";
    }

    /** Medians; plans take turns, so that a change of the machine's speed meets all alike. */
    private double[] measure(LowRankWork work, List<LowRankPlan> plans) {
        List<Runnable> runs = new ArrayList<>();
        int in = work.x().size(1);
        Tensor x = random(1, work.x());
        Tensor u = random(2, Shape.of(work.factors().rows(work.out(), work.kernel()), work.rank()));
        Tensor v = random(3, Shape.of(work.rank(), work.factors().columns(in, work.kernel())));
        Tensor w = work.rest() ? random(4, Shape.of(work.out(), in, work.kernel(), work.kernel())) : null;
        for (LowRankPlan plan : plans) {
            LowRankConv2d op = new LowRankConv2d(work.geometry(), work.kernel(), work.factors(), 1, plan);
            runs.add(() -> {
                try (Tape tape = work.wantsU() ? Tape.recording(kernels) : Tape.inference(kernels)) {
                    Var xs = work.wantsX() ? tape.variable(x) : tape.constant(x);
                    Var us = work.wantsU() ? tape.variable(u) : tape.constant(u);
                    Var vs = work.wantsV() ? tape.variable(v) : tape.constant(v);
                    Var y = w == null ? tape.apply(op, xs, us, vs) : tape.apply(op, xs, us, vs, tape.constant(w));
                    if (work.wantsU()) {
                        tape.backward(tape.apply(new Sum(), y));
                    }
                }
            });
        }
        double[][] times = new double[plans.size()][RUNS];
        for (int i = -3; i < RUNS; i++) {
            for (int j = 0; j < times.length; j++) {
                long start = System.nanoTime();
                runs.get(j).run();
                times[j][Math.max(0, i)] = (System.nanoTime() - start) / 1e6;
            }
        }
        return Arrays.stream(times).mapToDouble(LowRankPlanTable::lowMedian).toArray();
    }

    /** The third part's quantile: interruptions only ever add. */
    private static double lowMedian(double[] times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 3];
    }

    private Tensor random(long stream, Shape shape) {
        float[] values = new float[shape.elements()];
        Philox random = new Philox(1, stream);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return kernels.upload(Tensor.of(values, shape.sizes()));
    }
}
