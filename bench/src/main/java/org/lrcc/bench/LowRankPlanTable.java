package org.lrcc.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.LowRankWork;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.lowrank.PlanTimes;

/**
 * Low-rank convolutions of ResNet18's layers by every plan, and whether the cost model picks one within 10 % of the best. Arguments:
 * {@code OUT.md FIRST LAST flat|others [batch]}: appends the rows of layers FIRST to LAST (of {@value #COUNT}, the first being 0), so that long measurements can be made in parts; {@code flat} are those of layout
 * flat in five ranks, {@code others} those of the other layouts and of a trained S.
 */
public final class LowRankPlanTable {
    private static final int COUNT = 11;
    private static final int RUNS = 9;
    private static final double CLOSE = 1.1;

    private final Kernels kernels = Backends.get().open();
    private final int batch;

    private LowRankPlanTable(int batch) {
        this.batch = batch;
    }

    /** Measures and appends. */
    public static void main(String[] args) throws IOException {
        if (args.length < 4 || !List.of("flat", "others").contains(args[3])) {
            System.err.println("usage: LowRankPlanTable OUT.md FIRST LAST flat|others [batch]");
            System.exit(2);
        }
        LowRankPlanTable table = new LowRankPlanTable(args.length > 4 ? Integer.parseInt(args[4]) : 8);
        StringBuilder rows = new StringBuilder();
        for (String layer : LowRankRow.LAYERS.subList(Integer.parseInt(args[1]), Integer.parseInt(args[2]) + 1)) {
            List<LowRankRow> wanted = args[3].equals("flat") ? LowRankRow.flat(layer) : LowRankRow.others(layer);
            // Once for nothing: the first rows of a process would time code that is not compiled yet.
            wanted.stream()
                    .filter(row -> row.rank().equals(LowRankRow.RANKS.get(0)))
                    .forEach(table::row);
            wanted.forEach(row -> rows.append(table.row(row)));
        }
        System.out.print(rows);
        Files.writeString(Path.of(args[0]), rows, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private String row(LowRankRow row) {
        LowRankWork work = row.work(batch);
        LowRankPlan pick = work.choose(kernels.backend().costs());
        PlanTimes times = PlanTimes.measure(kernels, work, RUNS);
        LowRankPlan best = times.best();
        double loss = times.of(pick) / times.of(best);
        return String.format(
                Locale.ROOT,
                "| %s | %s (%d) | %s | %s | %s | %.2f | %.2f | %s | %.2f | %.2f | %s |%n",
                row.layer(),
                row.rank(),
                work.rank(),
                row.factors().name().toLowerCase(Locale.ROOT),
                row.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                text(work, pick),
                work.nanos(pick, kernels.backend().costs()) / 1e6,
                times.of(pick),
                text(work, best),
                times.of(best),
                times.of(LowRankPlan.of(LowRankPlan.Way.COMPOSED)),
                loss <= CLOSE ? "yes" : String.format(Locale.ROOT, "%.2f", loss));
    }

    private static String text(LowRankWork work, LowRankPlan plan) {
        return letter(plan.forward(), true)
                + letter(plan.inputGradient(), work.wantsX())
                + letter(plan.parameterGradient(), work.wantsParameters());
    }

    private static String letter(LowRankPlan.Way way, boolean wanted) {
        return wanted
                ? switch (way) {
                    case COMPOSED -> "C";
                    case FACTORED -> "F";
                    case FUSED -> "1";
                }
                : "-";
    }
}
