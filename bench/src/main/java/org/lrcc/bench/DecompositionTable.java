package org.lrcc.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The lines of {@link DecompositionBench}, methods beside each other. */
final class DecompositionTable {
    private static final List<String> METHODS = List.of("greedy", "svd", "accelerated");

    /** One method on one layer; F, density and residual are NaN where they are not known. */
    private record Line(
            String layer,
            String method,
            String size,
            int rank,
            double seconds,
            boolean whole,
            double objective,
            double density,
            double residual) {
        static Line of(String text) {
            String[] cells = text.split(",", -1);
            return new Line(
                    cells[0],
                    cells[1],
                    cells[2] + "x" + cells[3],
                    Integer.parseInt(cells[4]),
                    Double.parseDouble(cells[5]),
                    cells[6].equals("measured"),
                    number(cells[7]),
                    number(cells[8]),
                    number(cells[9]));
        }

        private static double number(String cell) {
            return cell.isEmpty() ? Double.NaN : Double.parseDouble(cell);
        }
    }

    private final Map<String, Map<String, Line>> layers = new LinkedHashMap<>();

    DecompositionTable(List<String> lines) {
        for (String text : lines) {
            Line line = Line.of(text);
            layers.computeIfAbsent(line.layer(), k -> new LinkedHashMap<>()).put(line.method(), line);
        }
    }

    void print() {
        System.out.print(
                "| layer | matrix | rank | greedy s | F | density | residual | svd s | F | density | residual |"
                        + " accelerated s | F | density | residual | F below greedy's |\n");
        System.out.print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        layers.forEach((name, methods) -> {
            Line any = methods.values().iterator().next();
            StringBuilder text = new StringBuilder(String.format("| %s | %s | %d |", name, any.size(), any.rank()));
            METHODS.forEach(method -> text.append(cells(methods.get(method))));
            Line greedy = methods.get("greedy");
            Line accelerated = methods.get("accelerated");
            text.append(
                            greedy != null && accelerated != null && greedy.whole()
                                    ? percent(greedy.objective(), accelerated.objective())
                                    : " ")
                    .append(" |\n");
            System.out.print(text);
        });
        sums();
    }

    private static String percent(double whole, double part) {
        return String.format(Locale.ROOT, " %.1f %%", 100 * (1 - part / whole));
    }

    private static String cells(@Nullable Line line) {
        if (line == null) {
            return " not run | | | |";
        }
        return line.whole()
                ? String.format(
                        Locale.ROOT,
                        " %.2f | %.4f | %.4f | %.4f |",
                        line.seconds(),
                        line.objective(),
                        line.density(),
                        line.residual())
                : String.format(Locale.ROOT, " %.0f (extrapolated) | | | |", line.seconds());
    }

    private void sums() {
        List<Map<String, Line>> known = new ArrayList<>(layers.values());
        known.removeIf(methods -> !methods.keySet().containsAll(METHODS)
                || !Objects.requireNonNull(methods.get("greedy")).whole());
        System.out.print("\n");
        for (String method : METHODS) {
            double all = sum(layers.values(), method, Line::objective);
            System.out.print(String.format(
                    Locale.ROOT,
                    "- %s: %.1f s over all %d layers; F %.4f over the %d layers where all three ran in full%s%n",
                    method,
                    sum(layers.values(), method, Line::seconds),
                    layers.size(),
                    sum(known, method, Line::objective),
                    known.size(),
                    Double.isNaN(all) ? "" : String.format(Locale.ROOT, ", %.4f over all", all)));
        }
        double greedy = sum(known, "greedy", Line::objective);
        double accelerated = sum(known, "accelerated", Line::objective);
        System.out.print(String.format(
                Locale.ROOT,
                "- accelerated: %.1f times as fast as greedy over all layers, F lower by%s where greedy ran in full%n",
                sum(layers.values(), "greedy", Line::seconds) / sum(layers.values(), "accelerated", Line::seconds),
                percent(greedy, accelerated)));
    }

    private static double sum(Iterable<Map<String, Line>> of, String method, ToDoubleFunction<Line> value) {
        double sum = 0;
        for (Map<String, Line> methods : of) {
            Line line = methods.get(method);
            sum += line == null ? Double.NaN : value.applyAsDouble(line);
        }
        return sum;
    }
}
