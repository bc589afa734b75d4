package org.lrcc.bench.compare;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.lrcc.cli.Quantiles;

/**
 * One row of a table: a comparison on one machine, Java and number of threads.
 *
 * @param kept pairs that count
 * @param run pairs that were run
 * @param skipped why none was run, or null
 */
record Figure(
        Comparison comparison,
        Pair.Row row,
        List<Pair> kept,
        int run,
        @Nullable String skipped) {
    /** Pairs around which the peak was under this part of the best are dropped. */
    private static final double KEPT = 0.9;

    /** Sifts the pairs of a row. */
    static Figure of(Comparison comparison, Pair.Row row, List<Pair> all) {
        List<Pair> run = all.stream()
                .filter(pair -> pair.isOf(row) && pair.skipped() == null)
                .toList();
        double best = run.stream().mapToDouble(Pair::fma).max().orElse(0);
        List<Pair> kept = run.stream().filter(pair -> pair.fma() >= KEPT * best).toList();
        String skipped = all.stream()
                .filter(pair -> pair.isOf(row))
                .map(Pair::skipped)
                .filter(reason -> reason != null)
                .findFirst()
                .orElse(null);
        return new Figure(comparison, row, kept, run.size(), run.isEmpty() ? skipped : null);
    }

    /** Something of our processes. */
    Quantiles ours(ToDoubleFunction<Report> value) {
        return Quantiles.of(kept.stream()
                .mapToDouble(pair -> value.applyAsDouble(report(pair.ours())))
                .toArray());
    }

    /** Something of the peer's processes. */
    Quantiles peer(ToDoubleFunction<Report> value) {
        return Quantiles.of(kept.stream()
                .mapToDouble(pair -> value.applyAsDouble(report(pair.peer())))
                .toArray());
    }

    /** Ours over the peer's, pair by pair. */
    Quantiles ratio(ToDoubleFunction<Report> value) {
        return Quantiles.of(kept.stream()
                .mapToDouble(
                        pair -> value.applyAsDouble(report(pair.ours())) / value.applyAsDouble(report(pair.peer())))
                .toArray());
    }

    /** Our least over the peer's least, of all kept pairs: what a pass of few milliseconds takes where no neighbour meets it. */
    double ratioOfLeast(ToDoubleFunction<Report> value) {
        double ours = Double.NaN;
        double peer = Double.NaN;
        for (Pair pair : kept) {
            double a = value.applyAsDouble(report(pair.ours()));
            double b = value.applyAsDouble(report(pair.peer()));
            ours = a >= ours ? ours : a;
            peer = b >= peer ? peer : b;
        }
        return ours / peer;
    }

    /** Times, or for layers the sum over a step's; of a process that measures both in turn the median of each step's over that of the step beside it. */
    Quantiles ratio() {
        return comparison.inOneProcess()
                ? Quantiles.of(kept.stream().mapToDouble(Figure::stepByStep).toArray())
                : ratio(this::time);
    }

    /** What comes and goes on the machine while the process runs meets neighbouring steps alike; it would move the median of either's steps. */
    private static double stepByStep(Pair pair) {
        double[] ours = report(pair.ours()).milliseconds();
        double[] peer = report(pair.peer()).milliseconds();
        if (ours == null || peer == null) {
            return Double.NaN;
        }
        double[] quotients = new double[Math.min(ours.length, peer.length)];
        for (int i = 0; i < quotients.length; i++) {
            quotients[i] = ours[i] / peer[i];
        }
        return Quantiles.median(quotients);
    }

    /** What is compared of a process, in milliseconds. */
    double time(Report report) {
        return comparison == Comparison.LAYERS ? sum(report) : comparison.milliseconds(report);
    }

    /** Passes of all layers of a training step together. */
    private static double sum(Report report) {
        double sum = 0;
        for (String layer : ResNetLayers.counts().keySet()) {
            for (String pass : ResNetLayers.PASSES) {
                sum += ResNetLayers.count(layer, pass) * pass(report, layer, pass);
            }
        }
        return sum;
    }

    /** Time of a pass of a layer; NaN where it was not measured. */
    static double pass(Report report, String layer, String pass) {
        Double value = report.rows() == null ? null : report.rows().get(layer + " " + pass);
        return value == null ? Double.NaN : value;
    }

    String peerName() {
        return kept.isEmpty()
                ? "peer"
                : String.valueOf(report(kept.get(0).peer()).name());
    }

    double fma() {
        return kept.stream().mapToDouble(Pair::fma).max().orElse(Double.NaN);
    }

    double copy() {
        return kept.stream().mapToDouble(Pair::copy).max().orElse(Double.NaN);
    }

    private static Report report(@Nullable Report report) {
        return report == null ? new Report("", new double[0], 0, null, Double.NaN) : report;
    }
}
