package org.lrcc.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.lrcc.lowrank.LowRankConv2d;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.network.Model;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.runner.options.CommandLineOptions;

class StepBenchmarkTest {
    @Test
    void theModesThatAreMeasuredAreConvertedAsTheySay() throws Exception {
        Map<String, Integer> ranks = new TreeMap<>();
        for (String mode :
                StepBenchmark.class.getField("mode").getAnnotation(Param.class).value()) {
            Model model = StepBenchmark.model(mode);
            assertThat(model.network().inputShape().sizes()).containsExactly(1, 3, 224, 224);
            Layer layer = model.network().node("layer1.0.conv1").layer();
            ranks.put(mode, layer instanceof LowRankConv2d converted ? converted.rank() : 0);
        }
        // A quarter of 64 channels times 3.
        assertThat(ranks).isEqualTo(Map.of("full", 0, "lora_mode ratio 0.25", 48, "lora_mode rank 8", 8));
    }

    @Test
    @Tag("long")
    void aStepIsTaken() {
        StepBenchmark benchmark = new StepBenchmark();
        benchmark.mode = "lora_mode rank 8";
        benchmark.setUp();
        double first = benchmark.step();
        assertThat(first).isBetween(1.0, 100.0);
        assertThat(benchmark.step()).isBetween(1.0, 100.0).isNotEqualTo(first);
        benchmark.tearDown();
    }

    @Test
    @Tag("long")
    void stepsInTurnReportEveryMode() throws Exception {
        PrintStream out = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            StepsInTurn.main(new String[] {"0", "2", "lora_mode rank 8 convert layer4 freeze bn,layer1", "full"});
        } finally {
            System.setOut(out);
        }
        List<JsonNode> reports = new ArrayList<>();
        for (String line : printed.toString(StandardCharsets.UTF_8).lines().toList()) {
            reports.add(new ObjectMapper().readTree(line));
        }
        assertThat(reports)
                .extracting(report -> report.get("name").asText())
                .containsExactly("lora_mode rank 8 convert layer4 freeze bn,layer1", "full");
        assertThat(reports)
                .allSatisfy(report -> assertThat(report.get("milliseconds"))
                        .hasSize(2)
                        .allSatisfy(time -> assertThat(time.asDouble()).isPositive()));
    }

    @Test
    void forksGetTheFlagsOfTheLauncher() throws Exception {
        Collection<String> flags =
                BenchMain.options(new CommandLineOptions()).getJvmArgsPrepend().get();
        List<String> launcher = Files.readAllLines(Path.of(System.getProperty("lrcc.root"), "lrcc")).stream()
                .map(line -> line.strip().replace("\"", ""))
                .toList();
        assertThat(Arrays.asList(String.join(" ", flags)
                        .replace("--add-modules ", "--add-modules=")
                        .split(" ")))
                .allSatisfy(flag -> assertThat(launcher).contains(flag.replace("--add-modules=", "--add-modules ")))
                .anyMatch(flag -> flag.contains("CompileThresholdScaling"));
        // Of two commands that match a method, the last counts.
        List<String> scalings =
                flags.stream().filter(f -> f.contains("Scaling")).toList();
        assertThat(launcher.stream().filter(f -> f.contains("Scaling"))).containsExactlyElementsOf(scalings);
    }
}
