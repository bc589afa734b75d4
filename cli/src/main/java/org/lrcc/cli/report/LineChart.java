package org.lrcc.cli.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Curves over epochs, or points, drawn as inline SVG by the page's template: text stays text, nothing is linked, and no font of the machine is
 * needed (Java's own drawing fails where a server has none).
 *
 * @param caption what is shown
 * @param xTitle below the plot, e.g. {@code epoch}
 * @param yTitle beside it, e.g. {@code percent}
 * @param curves what to draw; values that are not finite are left out
 * @param scattered each point is a dot for itself, and no line leads from one to the next
 */
public record LineChart(String caption, String xTitle, String yTitle, List<Series> curves, boolean scattered) {
    private static final int LEFT = 56;
    private static final int TOP = 14;
    private static final int PLOT_WIDTH = 484;
    private static final int PLOT_HEIGHT = 230;
    private static final int TICKS = 5;
    private static final int LEGEND_WIDTH = 180;
    private static final int LEGEND_LINE = 18;
    private static final String[] COLOURS = {"#1f6fb2", "#d9482b", "#2a9d5c", "#8e5bb5", "#d69a1e", "#3aa6a6"};

    /** Curves over epochs. */
    public LineChart(String caption, String xTitle, String yTitle, List<Series> curves) {
        this(caption, xTitle, yTitle, curves, false);
    }

    /** A curve through the points (x, y), or those points. */
    public record Series(String name, List<Double> x, List<Double> y) {}

    /** A tick: where and what it says. */
    record Tick(String at, String text) {}

    /** A curve as drawn. */
    record Line(String name, String colour, String points, String dash, int legendX, int legendY, List<Point> dots) {
        int textX() {
            return legendX + 26;
        }

        int textY() {
            return legendY + 4;
        }

        int strokeX() {
            return legendX + 20;
        }
    }

    /** A point drawn as a dot: where points are scattered, or a curve has only that one. */
    record Point(String x, String y) {}

    /** The whole numbers and decimals from {@code low} to {@code high} that ticks stand at. */
    private record Axis(double low, double high, double step) {
        static Axis over(double min, double max, double leastStep) {
            double span = max > min ? max - min : Math.max(1e-6, Math.abs(max) * 0.1);
            double rough = span / TICKS;
            double power = Math.pow(10, Math.floor(Math.log10(rough)));
            double step = power;
            for (double nice : new double[] {1, 2, 5, 10}) {
                if (nice * power >= rough) {
                    step = nice * power;
                    break;
                }
            }
            step = Math.max(step, leastStep);
            return new Axis(
                    Math.floor(min / step) * step,
                    Math.max(Math.ceil(max / step - 1e-9), Math.floor(min / step) + 1) * step,
                    step);
        }

        double share(double value) {
            return (value - low) / (high - low);
        }

        String text(double value) {
            int digits = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
            return String.format(Locale.ROOT, "%." + digits + "f", Math.abs(value) < step * 1e-6 ? 0.0 : value);
        }
    }

    int width() {
        return LEFT + PLOT_WIDTH + 20;
    }

    int height() {
        int legend = curves.size() > 1 ? 12 + LEGEND_LINE * ((curves.size() + 2) / 3) : 0;
        return TOP + PLOT_HEIGHT + 46 + legend;
    }

    int left() {
        return LEFT;
    }

    int right() {
        return LEFT + PLOT_WIDTH;
    }

    int top() {
        return TOP;
    }

    int bottom() {
        return TOP + PLOT_HEIGHT;
    }

    int titleX() {
        return LEFT + PLOT_WIDTH / 2;
    }

    int titleY() {
        return bottom() + 36;
    }

    int middleY() {
        return TOP + PLOT_HEIGHT / 2;
    }

    int tickTextY() {
        return bottom() + 17;
    }

    int tickTextX() {
        return LEFT - 8;
    }

    List<Tick> xTicks() {
        return ticks(xAxis(), true);
    }

    List<Tick> yTicks() {
        return ticks(yAxis(), false);
    }

    List<Line> lines() {
        Axis xAxis = xAxis();
        Axis yAxis = yAxis();
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < curves.size(); i++) {
            List<Point> points = new ArrayList<>();
            Series curve = curves.get(i);
            for (int j = 0; j < curve.x().size(); j++) {
                if (Double.isFinite(curve.y().get(j))) {
                    points.add(new Point(
                            number(LEFT + PLOT_WIDTH * xAxis.share(curve.x().get(j))),
                            number(bottom()
                                    - PLOT_HEIGHT * yAxis.share(curve.y().get(j)))));
                }
            }
            StringBuilder path = new StringBuilder();
            points.forEach(point ->
                    path.append(point.x()).append(',').append(point.y()).append(' '));
            lines.add(new Line(
                    curves.size() > 1 ? curve.name() : "",
                    COLOURS[i % COLOURS.length],
                    scattered ? "" : path.toString().strip(),
                    i < COLOURS.length ? "" : "5 4",
                    LEFT + i % 3 * LEGEND_WIDTH,
                    bottom() + 54 + i / 3 * LEGEND_LINE,
                    scattered || points.size() == 1 ? points : List.of()));
        }
        return lines;
    }

    private List<Tick> ticks(Axis axis, boolean horizontal) {
        List<Tick> ticks = new ArrayList<>();
        int count = (int) Math.round((axis.high() - axis.low()) / axis.step());
        for (int i = 0; i <= count; i++) {
            double value = axis.low() + i * axis.step();
            double at = horizontal ? LEFT + PLOT_WIDTH * axis.share(value) : bottom() - PLOT_HEIGHT * axis.share(value);
            ticks.add(new Tick(number(at), axis.text(value)));
        }
        return ticks;
    }

    private Axis xAxis() {
        return axis(true);
    }

    private Axis yAxis() {
        return axis(false);
    }

    private Axis axis(boolean horizontal) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (Series curve : curves) {
            for (int i = 0; i < curve.x().size(); i++) {
                double value = horizontal ? curve.x().get(i) : curve.y().get(i);
                if (Double.isFinite(value) && Double.isFinite(curve.y().get(i))) {
                    min = Math.min(min, value);
                    max = Math.max(max, value);
                }
            }
        }
        // Epochs are whole numbers.
        return min > max ? new Axis(0, 1, 1) : Axis.over(min, max, horizontal && !scattered ? 1 : 0);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
