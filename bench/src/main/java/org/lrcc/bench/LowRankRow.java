package org.lrcc.bench;

import java.util.ArrayList;
import java.util.List;
import org.lrcc.engine.op.Factors;
import org.lrcc.engine.op.LowRankWork;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;

/**
 * A convolution of ResNet18 in low rank.
 *
 * @param layer one of {@link #LAYERS}
 * @param rank r{@code N} for a rank, otherwise the ratio to input channels times kernel size
 * @param factors how U·V is read
 * @param kind what is run
 */
record LowRankRow(String layer, String rank, Factors factors, Kind kind) {
    /** ResNet18's, by size of the image 224: channels in, out, size of the input, kernel, stride, padding. */
    static final List<String> LAYERS = List.of(
            "3 64 224 7 2 3",
            "64 64 56 3 1 1",
            "64 128 56 3 2 1",
            "64 128 56 1 2 0",
            "128 128 28 3 1 1",
            "128 256 28 3 2 1",
            "128 256 28 1 2 0",
            "256 256 14 3 1 1",
            "256 512 14 3 2 1",
            "256 512 14 1 2 0",
            "512 512 7 3 1 1");

    static final List<String> RANKS = List.of("0.25", "0.05", "r4", "r8", "r16");

    /** What is run. */
    enum Kind {
        /** Inference of U·V alone. */
        FORWARD,
        /** A training step of U·V alone. */
        STEP,
        /** A training step of W + U·V. */
        STEP_OVER_WEIGHT,
        /** A training step of U·V + S in which S trains too. */
        STEP_WITH_REST
    }

    /** Layout flat in every rank, without a rest or with a frozen one. */
    static List<LowRankRow> flat(String layer) {
        List<LowRankRow> rows = new ArrayList<>();
        for (String rank : RANKS) {
            for (Kind kind : List.of(Kind.FORWARD, Kind.STEP, Kind.STEP_OVER_WEIGHT)) {
                rows.add(new LowRankRow(layer, rank, Factors.FLAT, kind));
            }
        }
        return rows;
    }

    /** The other layouts, and a rest that trains, in two ranks. */
    static List<LowRankRow> others(String layer) {
        List<LowRankRow> rows = new ArrayList<>();
        for (String rank : List.of("0.25", "r8")) {
            for (Factors factors : List.of(Factors.SEPARABLE, Factors.CHANNEL)) {
                for (Kind kind : List.of(Kind.FORWARD, Kind.STEP, Kind.STEP_OVER_WEIGHT)) {
                    rows.add(new LowRankRow(layer, rank, factors, kind));
                }
            }
            rows.add(new LowRankRow(layer, rank, Factors.FLAT, Kind.STEP_WITH_REST));
        }
        return rows;
    }

    LowRankWork work(int batch) {
        String[] fields = layer.split(" ");
        int in = Integer.parseInt(fields[0]);
        int size = Integer.parseInt(fields[2]);
        int kernel = Integer.parseInt(fields[3]);
        int r = rank.startsWith("r")
                ? Integer.parseInt(rank.substring(1))
                : Math.max(1, (int) (in * kernel * Double.parseDouble(rank)));
        boolean step = kind != Kind.FORWARD;
        return new LowRankWork(
                Shape.of(batch, in, size, size),
                Integer.parseInt(fields[1]),
                kernel,
                r,
                ConvGeometry.of(Integer.parseInt(fields[4]), Integer.parseInt(fields[5])),
                factors,
                kind == Kind.STEP_OVER_WEIGHT || kind == Kind.STEP_WITH_REST,
                step && in > 3, // nothing wants the images' gradient
                step,
                step,
                kind == Kind.STEP_WITH_REST);
    }
}
