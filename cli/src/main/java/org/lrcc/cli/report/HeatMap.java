package org.lrcc.cli.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A confusion matrix as the page draws it: coloured squares, rows are the truth, and a bar per class. */
final class HeatMap {
    private static final int WIDTH = 640;
    private static final int MAX_CELL = 26;
    private static final int LABELS_UP_TO = 45;
    private static final int LABEL_SPACE = 130;

    /** A square: place, colour and the words that a pointer over it shows. */
    record Square(int x, int y, int size, String colour, String words, String number, String ink) {
        int middleX() {
            return x + size / 2;
        }

        int middleY() {
            return y + size / 2 + 4;
        }
    }

    /** A class's name beside its row and above its column. */
    record Label(String text, int at) {}

    /** How a class did. */
    record PerClass(String name, int right, int images, String percent, String mistaken) {}

    private final Report.Confusion confusion;
    private final int cell;
    private final boolean labelled;

    HeatMap(Report.Confusion confusion) {
        this.confusion = confusion;
        int classes = Math.max(1, confusion.classes().size());
        this.cell = Math.max(4, Math.min(MAX_CELL, WIDTH / classes));
        this.labelled = classes <= LABELS_UP_TO;
    }

    int margin() {
        return labelled ? LABEL_SPACE : 6;
    }

    int extent() {
        return cell * confusion.classes().size();
    }

    int width() {
        return margin() + extent() + 6;
    }

    /** Where the names of the columns stand: just above the squares. */
    int above() {
        return margin() - 6;
    }

    List<Label> labels() {
        List<Label> labels = new ArrayList<>();
        for (int i = 0; labelled && i < confusion.classes().size(); i++) {
            labels.add(new Label(shorten(confusion.classes().get(i)), margin() + i * cell + cell / 2 + 4));
        }
        return labels;
    }

    List<Square> squares() {
        List<Square> squares = new ArrayList<>();
        for (int truth = 0; truth < confusion.classes().size(); truth++) {
            int[] row = confusion.counts()[truth];
            int total = sum(row);
            for (int predicted = 0; predicted < row.length; predicted++) {
                if (row[predicted] > 0) {
                    squares.add(square(truth, predicted, row[predicted], total));
                }
            }
        }
        return squares;
    }

    private Square square(int truth, int predicted, int count, int total) {
        double share = (double) count / total;
        String words = String.format(
                Locale.ROOT,
                "%s taken for %s: %d of %d",
                confusion.classes().get(truth),
                confusion.classes().get(predicted),
                count,
                total);
        String colour = truth == predicted ? mix(share, 0x1f, 0x6f, 0xb2) : mix(0.25 + 0.75 * share, 0xd9, 0x48, 0x2b);
        String number = cell >= 18 ? Integer.toString(count) : "";
        String ink = share > 0.45 ? "#fff" : "#333";
        return new Square(margin() + predicted * cell, margin() + truth * cell, cell, colour, words, number, ink);
    }

    List<PerClass> perClass() {
        List<PerClass> rows = new ArrayList<>();
        for (int truth = 0; truth < confusion.classes().size(); truth++) {
            int[] row = confusion.counts()[truth];
            int total = sum(row);
            int worst = -1;
            for (int other = 0; other < row.length; other++) {
                if (other != truth && row[other] > 0 && (worst < 0 || row[other] > row[worst])) {
                    worst = other;
                }
            }
            String percent = total == 0 ? "0" : String.format(Locale.ROOT, "%.1f", 100.0 * row[truth] / total);
            String mistaken = worst < 0 ? "" : confusion.classes().get(worst) + " (" + row[worst] + ")";
            rows.add(new PerClass(confusion.classes().get(truth), row[truth], total, percent, mistaken));
        }
        return rows;
    }

    private static int sum(int[] row) {
        int total = 0;
        for (int value : row) {
            total += value;
        }
        return total;
    }

    private static String shorten(String name) {
        return name.length() <= 18 ? name : name.substring(0, 17) + "…";
    }

    /** From white (0) to the colour (1). */
    private static String mix(double share, int red, int green, int blue) {
        return String.format(Locale.ROOT, "#%02x%02x%02x", blend(share, red), blend(share, green), blend(share, blue));
    }

    private static int blend(double share, int channel) {
        return (int) Math.round(255 + (channel - 255) * Math.min(1, share));
    }
}
