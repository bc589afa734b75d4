package org.lrcc.cli.report;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a report says, in the order in which it says it; {@link ReportPage} gives it its looks. All text is plain: the page escapes it.
 *
 * @param title the page's title
 * @param subtitle one sentence below it
 * @param tiles the few figures that matter most
 * @param tables tables that stand before the runs, e.g. a comparison
 * @param charts plots that stand before the runs
 * @param runs the trainings, at least one
 * @param command the command line that makes this report again
 * @param facts groups of facts at the end: configuration, machine, timings
 */
public record Report(
        String title,
        String subtitle,
        List<Tile> tiles,
        List<Table> tables,
        List<LineChart> charts,
        List<Run> runs,
        String command,
        List<Group> facts) {

    /** A figure and what it is. */
    public record Tile(String value, String label) {}

    /** Named facts under a heading. */
    public record Group(String heading, List<Fact> facts) {}

    /** A name and a value. */
    public record Fact(String name, String value) {}

    /** A table: a row's first cell is its head. */
    public record Table(String heading, String note, List<String> columns, List<List<Cell>> rows) {}

    /**
     * A cell of a table.
     *
     * @param text what it says
     * @param kind {@code ""}, {@code "number"}, {@code "good"} or {@code "bad"}: how it is set
     */
    public record Cell(String text, String kind) {
        /** Text, set left. */
        public static Cell of(String text) {
            return new Cell(text, "");
        }

        /** A number, set right. */
        public static Cell number(String text) {
            return new Cell(text, "number");
        }
    }

    /**
     * One training and its result.
     *
     * @param id unique in the report, letters, digits and dashes: the anchor
     * @param conversion what was made low-rank; none where nothing was
     * @param confusion none where nothing was tested
     */
    public record Run(
            String id,
            String name,
            String note,
            List<Tile> tiles,
            @Nullable Table conversion,
            List<LineChart> charts,
            @Nullable Confusion confusion,
            List<Sample> samples,
            List<Group> facts) {}

    /**
     * How often each class was taken for each.
     *
     * @param classes names
     * @param counts {@code counts[truth][predicted]}
     */
    public record Confusion(List<String> classes, int[][] counts) {}

    /**
     * A picture and what the network says of it.
     *
     * @param uri the picture as a data URI
     * @param probability of the predicted class, 0 to 1
     */
    public record Sample(String uri, String file, String truth, String predicted, double probability) {
        boolean right() {
            return truth.equals(predicted);
        }

        String percent() {
            return String.format(Locale.ROOT, "%.0f %%", 100 * probability);
        }
    }
}
