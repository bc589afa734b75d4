package org.lrcc.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far a task is, with its rate and the time it still needs: a bar on a terminal, else a line every few seconds. */
abstract class Progress implements AutoCloseable {
    /** How progress is shown. */
    enum Style {
        AUTO,
        BAR,
        LINES,
        OFF
    }

    /** The launcher says through this property whether stderr is a terminal. */
    static final String TERMINAL = "lrcc.terminal";

    private static final int WIDTH = 100;
    private static final Duration EVERY = Duration.ofSeconds(5);

    /** Says that {@code done} steps are done. */
    abstract void at(long done, String note);

    /** Says that {@code done} steps were done before: the rate counts from here. */
    void begin(long done) {}

    /** Says something worth a line of its own; a bar keeps the line that it has. */
    void line(String text) {}

    @Override
    public abstract void close();

    static Progress start(Style style, String task, long total, PrintWriter err) {
        return switch (style) {
            case AUTO -> Boolean.getBoolean(TERMINAL) ? new Bar(task, total, err) : new Lines(task, total, err);
            case BAR -> new Bar(task, total, err);
            case LINES -> new Lines(task, total, err);
            case OFF -> new Silent();
        };
    }

    private static final class Bar extends Progress {
        private static final String ERASE_REST = "\u001b[K";

        private final PrintWriter err;
        private final ProgressBar bar;

        Bar(String task, long total, PrintWriter err) {
            this.err = err;
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(total)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(200)
                    .showSpeed()
                    .setMaxRenderedLength(WIDTH)
                    .setConsumer(new DelegatingProgressBarConsumer(
                            line -> {
                                err.print("\r" + line + ERASE_REST);
                                err.flush();
                            },
                            WIDTH))
                    .build();
        }

        @Override
        void at(long done, String note) {
            bar.stepTo(done);
            bar.setExtraMessage(note.isEmpty() ? "" : " " + note);
        }

        @Override
        public void close() {
            bar.close();
            err.println();
        }
    }

    private static final class Lines extends Progress {
        private final String task;
        private final long total;
        private final PrintWriter err;
        private final long begun = System.nanoTime();
        private long shown = begun;
        private long before;

        Lines(String task, long total, PrintWriter err) {
            this.task = task;
            this.total = total;
            this.err = err;
        }

        @Override
        void at(long done, String note) {
            long now = System.nanoTime();
            if (now - shown < EVERY.toNanos() || done == 0) {
                return;
            }
            shown = now;
            double seconds = (now - begun) / 1e9;
            double rate = Math.max(1, done - before) / seconds;
            // From less than a hundredth nobody can tell the rest: the first steps still compile.
            String left = done - before < total / 100 ? "" : ", " + time((total - done) / rate) + " left";
            err.println(String.format(
                    Locale.ROOT,
                    "%s: %d of %d, %.1f/s%s%s",
                    task,
                    done,
                    total,
                    rate,
                    left,
                    note.isEmpty() ? "" : ", " + note));
        }

        @Override
        void begin(long done) {
            before = done;
        }

        @Override
        void line(String text) {
            shown = System.nanoTime();
            err.println(text);
        }

        @Override
        public void close() {}
    }

    private static final class Silent extends Progress {
        @Override
        void at(long done, String note) {}

        @Override
        public void close() {}
    }

    /** Seconds as people read them: {@code 3.2 s}, {@code 4:05 min}, {@code 2:03 h}. */
    static String time(double seconds) {
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d h", whole / 3600, whole / 60 % 60);
    }
}
