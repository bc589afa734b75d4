package org.lrcc.bench.compare;

import java.util.List;
import java.util.Locale;

/** Bars of the ratios to peers, as SVG: text stays text, nothing is linked. A tick on each bar is its target, the line at 1 the peer. */
final class Plot {
    private static final int LEFT = 330;
    private static final int WIDTH = 400;
    private static final int TOP = 34;
    private static final int BAR = 16;
    private static final int GAP = 8;
    private static final double MOST = 1.25;
    private static final String[] COLOURS = {"#1f6fb2", "#2a9d5c"};

    private final List<Figure> figures;

    Plot(List<Figure> figures) {
        this.figures = figures.stream()
                .filter(figure -> figure.skipped() == null && !figure.kept().isEmpty())
                .toList();
    }

    private static String at(double ratio) {
        return String.format(Locale.ROOT, "%.1f", LEFT + WIDTH * Math.min(ratio, MOST) / MOST);
    }

    String svg() {
        int height = TOP + figures.size() * (BAR + GAP) + 44;
        StringBuilder svg = new StringBuilder(String.format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">%n",
                LEFT + WIDTH + 60, height, LEFT + WIDTH + 60, height));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        svg.append(String.format(
                "<text x=\"%d\" y=\"18\" font-weight=\"bold\">Time of lrcc over the peer's (less is faster)</text>%n",
                12));
        int bottom = TOP + figures.size() * (BAR + GAP);
        for (double tick = 0; tick < MOST; tick += 0.25) {
            boolean peer = tick == 1;
            svg.append(String.format(
                    "<line x1=\"%s\" x2=\"%s\" y1=\"%d\" y2=\"%d\" stroke=\"%s\"%s/>%n",
                    at(tick),
                    at(tick),
                    TOP - 4,
                    bottom,
                    peer ? "#444444" : "#dddddd",
                    peer ? " stroke-width=\"1.5\"" : ""));
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%s\" y=\"%d\" text-anchor=\"middle\" fill=\"#444444\">%.2f</text>%n",
                    at(tick),
                    bottom + 14,
                    tick));
        }
        for (int i = 0; i < figures.size(); i++) {
            bar(svg, figures.get(i), TOP + i * (BAR + GAP));
        }
        svg.append(String.format(
                "<text x=\"12\" y=\"%d\" fill=\"#444444\">Black tick: target. %s; JDK %s.</text>%n",
                bottom + 34,
                escape(figures.isEmpty() ? "" : figures.get(0).row().machine()),
                java()));
        return svg.append("</svg>\n").toString();
    }

    private String java() {
        return figures.isEmpty() ? "" : figures.get(0).row().java();
    }

    private static void bar(StringBuilder svg, Figure figure, int y) {
        int threads = figure.row().threads();
        double ratio = figure.ratio().median();
        svg.append(String.format(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s, %d thread%s</text>%n",
                LEFT - 8, y + 12, escape(label(figure)), threads, threads == 1 ? "" : "s"));
        svg.append(String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                LEFT,
                y,
                WIDTH * Math.min(ratio, MOST) / MOST,
                BAR,
                COLOURS[threads == 1 ? 0 : 1]));
        double target = figure.comparison().target(threads);
        if (!Double.isNaN(target)) {
            svg.append(String.format(
                    "<line x1=\"%s\" x2=\"%s\" y1=\"%d\" y2=\"%d\" stroke=\"#000000\" stroke-width=\"2\"/>%n",
                    at(target), at(target), y - 2, y + BAR + 2));
        }
        svg.append(String.format(Locale.ROOT, "<text x=\"%s\" y=\"%d\">%.2f</text>%n", at(MOST + 0.02), y + 12, ratio));
    }

    private static String label(Figure figure) {
        String what = switch (figure.comparison()) {
            case RANK8_FULL -> "our own steps, rank 8";
            case STEP -> "training step";
            case PREDICT8 -> "inference, batch 8";
            case PREDICT1 -> "inference, batch 1";
            case LORA_RATIO -> "lora_mode step, ratio 0.25";
            case LORA_RANK8 -> "lora_mode step, rank 8";
            case COLD -> "60 steps, cold process";
            case LAYERS -> "all convolutions of a step";
        };
        return what + " / " + figure.peerName().replace(" (DJL)", "");
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }
}
