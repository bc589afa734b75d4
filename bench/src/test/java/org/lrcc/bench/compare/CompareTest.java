package org.lrcc.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.bench.ConvBenchmark;
import org.lrcc.bench.LowRankConvBenchmark;
import org.lrcc.cli.Quantiles;
import org.openjdk.jmh.annotations.Param;

class CompareTest {
    private static Report report(String name, double... times) {
        return new Report(name, times, 100L << 20, null, 5000);
    }

    private static Pair pair(String comparison, int threads, double fma, Report ours, Report peer) {
        return new Pair(comparison, threads, "17", "a machine", "2026-01-02", fma, 10, ours, peer, null);
    }

    @Test
    void quantilesLieBetweenTheSortedNumbers() {
        Quantiles quantiles = Quantiles.of(4, 1, 3, 2);
        assertThat(quantiles).isEqualTo(new Quantiles(1.75, 2.5, 3.25));
        assertThat(quantiles.text(2)).isEqualTo("2.50 (1.75-3.25)");
        assertThat(Quantiles.of().median()).isNaN();
    }

    @Test
    void measuringRunsTheWarmUpAndTheSteps() {
        int[] runs = {0};
        Report report = Report.measure("x", 2, 3, () -> runs[0]++);
        assertThat(runs[0]).isEqualTo(5);
        assertThat(report.milliseconds()).hasSize(3).doesNotContain(Double.NaN);
    }

    @Test
    void theJsonThatOutputEndsWithIsRead() throws IOException {
        Report report = Report.parse(
                "a note\n{\n \"milliseconds\" : [ 3, 1, 2 ],\n \"peakResidentBytes\" : 7, \"unknown\" : 1\n}\n", 12);
        assertThat(report.name()).isEqualTo("lrcc");
        assertThat(report.median()).isEqualTo(2);
        assertThat(report.peakResidentBytes()).isEqualTo(7);
        assertThat(report.wallMilliseconds()).isEqualTo(12);
    }

    @Test
    void resultsAreKeptAndGoneOnWith(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("raw.jsonl");
        Pair first = pair("step", 1, 100, report("lrcc", 5), report("peer", 10));
        new RawResults(file).add(first);
        new RawResults(file).add(pair("step", 2, 100, report("lrcc", 5), report("peer", 10)));
        RawResults read = new RawResults(file);
        assertThat(read.pairs()).hasSize(2);
        assertThat(read.count(first.row())).isEqualTo(1);
        assertThat(read.pairs().get(0).peer().median()).isEqualTo(10);
    }

    @Test
    void pairsOfABusyMachineAreDroppedAndCounted() {
        List<Pair> pairs = List.of(
                pair("step", 1, 100, report("lrcc", 5), report("torch", 10)),
                pair("step", 1, 89, report("lrcc", 50), report("torch", 10)),
                pair("step", 1, 91, report("lrcc", 7), report("torch", 10)));
        String table = new Tables(pairs, "").of(Comparison.STEP);
        assertThat(table)
                .contains("a machine", "2026-01-02", "| torch |", "**0.60 (0.55-0.65)**", "0.70, met", "| 2 / 3 |");
    }

    @Test
    void missedTargetsAndSkippedRowsStandInTheTables() {
        List<Pair> pairs = List.of(
                pair("predict8", 1, 100, report("lrcc", 12), report("ort", 10)),
                new Pair("cold", 2, "17", "a machine", "2026-01-02", 0, 0, null, null, "no torch"));
        Tables tables = new Tables(pairs, "a note");
        assertThat(tables.of(Comparison.PREDICT8)).contains("0.80, missed by 50 %", "- a note");
        assertThat(tables.of(Comparison.COLD)).contains("not measured: no torch");
        assertThat(tables.summary()).contains("missed by 50 %", "not measured: no torch");
        assertThat(tables.of(Comparison.STEP)).isEmpty();
        assertThat(new Plot(tables.figures()).svg()).startsWith("<svg").contains("inference, batch 8 / ort", "1.20");
    }

    @Test
    void stepsInTurnHaveATargetAndNoMemoryOfTheirOwn() {
        Pair pair = pair("rank8-full", 2, 100, report("lora_mode rank 8", 90), report("full", 100));
        Tables tables = new Tables(List.of(pair), "");
        assertThat(tables.of(Comparison.RANK8_FULL)).contains("**0.90 (0.90-0.90)**", "0.85, missed by 6 %");
        assertThat(tables.memory()).doesNotContain("rank 8");
        Report ours = new Report("lora_mode rank 8", new double[] {80, 170, 90}, 0, null, 0);
        Report full = new Report("full", new double[] {100, 200, 120}, 0, null, 0);
        assertThat(new Tables(List.of(pair("rank8-full", 2, 100, ours, full)), "").of(Comparison.RANK8_FULL))
                .contains("| 90 (90-90) | full | 120 (120-120) | **0.80 (0.80-0.80)** | 0.85, met |");
        assertThat(Comparison.RANK8_FULL.isMeasuredWith(1)).isFalse();
        assertThat(Comparison.RANK8_FULL.isMeasuredWith(2)).isTrue();
    }

    @Test
    void coldProcessesCountFromStartToEnd() {
        Pair pair = pair("cold", 2, 100, new Report("lrcc", new double[] {1}, 0, null, 4000), report("PyTorch", 1));
        assertThat(new Tables(List.of(pair), "").of(Comparison.COLD)).contains("**0.80 (0.80-0.80)**", "0.85, met");
    }

    @Test
    void layersAreSummedAsOftenAsAStepRunsThem() {
        Map<String, Double> ours = new LinkedHashMap<>();
        Map<String, Double> peer = new LinkedHashMap<>();
        int passes = 0;
        for (String layer : ResNetLayers.counts().keySet()) {
            for (String pass : ResNetLayers.PASSES) {
                ours.put(layer + " " + pass, 1.0);
                peer.put(layer + " " + pass, layer.startsWith("512") ? 4.0 : 0.5);
                passes += ResNetLayers.count(layer, pass);
            }
        }
        assertThat(passes).isEqualTo(59); // 20 layers, without the first's input gradient
        String table = new Tables(
                        List.of(pair("layers", 1, 1, Report.ofRows("lrcc", ours), Report.ofRows("torch", peer))), "")
                .of(Comparison.LAYERS);
        assertThat(table)
                .contains("| 59 (59-59) |", "3 of 3 passes", "3 by the least times")
                .contains("| 512-512-3-1-7 | forward | 3 | 1.00 | 4.00 | 0.25 (0.25-0.25) | 0.25 |");
    }

    /** A neighbour that doubles the time of every second process moves medians, not the least times. */
    @Test
    void leastTimesOfLayersAreThoseOfAllPairs() {
        String pass = "64-64-3-1-56 forward";
        List<Pair> pairs = List.of(
                pair(
                        "layers",
                        1,
                        1,
                        Report.ofRows("lrcc", Map.of(pass, 6.0)),
                        Report.ofRows("torch", Map.of(pass, 4.0))),
                pair(
                        "layers",
                        1,
                        1,
                        Report.ofRows("lrcc", Map.of(pass, 3.0)),
                        Report.ofRows("torch", Map.of(pass, 8.0))),
                pair(
                        "layers",
                        1,
                        1,
                        Report.ofRows("lrcc", Map.of(pass, 6.0)),
                        Report.ofRows("torch", Map.of(pass, 4.0))));
        assertThat(new Tables(pairs, "").of(Comparison.LAYERS))
                .contains("| 64-64-3-1-56 | forward | 4 | 6.00 | 4.00 | **1.50 (0.94-1.50)** | 0.75 |")
                .contains("0 of 1 passes", "1 by the least times");
    }

    @ParameterizedTest
    @ValueSource(classes = {ConvBenchmark.class, LowRankConvBenchmark.class})
    void theBenchmarksOfConvolutionsHaveEveryLayer(Class<?> benchmark) throws ReflectiveOperationException {
        String[] params = benchmark.getField("layer").getAnnotation(Param.class).value();
        assertThat(Arrays.asList(params))
                .containsExactlyInAnyOrderElementsOf(ResNetLayers.counts().keySet());
    }
}
