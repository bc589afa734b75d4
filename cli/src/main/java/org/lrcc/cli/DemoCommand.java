package org.lrcc.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.Adapters;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.io.AtomicFiles;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.testdata.TestData;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lrcc demo}: the whole job on the bundled network and images. */
@Command(
        name = "demo",
        description = {
            "Adapt the bundled network to the bundled images: three modes, 10 and 5 images a class, in a few minutes.",
            "Prints what is reached beside what the original reaches, and writes the adapters, a merged ONNX file and a report."
        },
        footer = {"  lrcc demo", "  lrcc demo --out demo --seeds 3"})
final class DemoCommand extends Subcommand {
    private static final String THREADS = "lrcc.threads";

    @Option(names = "--out", paramLabel = "DIR", description = "Where the results go (default: lrcc-demo).")
    private Path out = Path.of("lrcc-demo");

    @Option(names = "--seed", paramLabel = "N", description = "The first seed (default: 0).")
    private long seed;

    @Option(names = "--seeds", paramLabel = "N", description = "Train with so many seeds and give means (default: 1).")
    private int seeds = 1;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Fewer epochs for a quick look (default: as the original, 40).")
    private @Nullable Integer epochs;

    @Option(
            names = "--jobs",
            paramLabel = "N",
            description = "Trainings side by side (default: one a processor); no result depends on it.")
    private int jobs = Math.min(
            DemoRuns.MODES.size() * DemoRuns.SHOTS.size(), Runtime.getRuntime().availableProcessors());

    @Option(names = "--json", description = "Answer as JSON.")
    private boolean json;

    @Override
    void execute() throws Exception {
        if (seeds < 1 || jobs < 1 || (epochs != null && epochs < 1)) {
            throw new InputException("--seeds, --jobs and --epochs must be 1 or more: " + seeds + ", " + jobs
                    + (epochs == null ? "" : ", " + epochs));
        }
        long begun = System.nanoTime();
        if (jobs > 1 && System.getProperty(THREADS) == null) {
            // Each training has its own core: a pool beside them would only take turns with them.
            System.setProperty(THREADS, "1");
        }
        Path folder = folder();
        DemoReference reference = DemoReference.read(TestData.demo().resolve("reference.json"));
        DemoRuns demo = new DemoRuns(TestData.demo(), reference, epochs == null ? reference.epochs() : epochs);
        List<Long> all = LongStream.range(seed, seed + seeds).boxed().toList();
        console()
                .note(demo.base().network() + ", " + demo.test().classes().size() + " new classes; " + jobs
                        + " trainings side by side");
        List<DemoRuns.Done> runs;
        try (Progress progress = console().progress("train", demo.steps(seeds))) {
            runs = demo.run(all, jobs, progress);
        }
        DemoTable table = DemoTable.of(runs, reference, seeds);
        write(folder, runs);
        double seconds = (System.nanoTime() - begun) / 1e9;
        DemoReport report = new DemoReport(
                table,
                runs,
                demo.test(),
                reference,
                epochs == null ? reference.epochs() : epochs,
                commandLine(),
                seconds);
        AtomicFiles.writeString(folder.resolve("report.html"), report.page());
        if (json) {
            console().json(answer(table, folder, seconds));
        } else {
            print(table, folder, seconds);
        }
    }

    private Path folder() throws IOException {
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw new InputException("--out " + out + ": it is a file; a folder is needed");
        }
        return Files.createDirectories(out);
    }

    /** The adapters of the first seed, and lora_mode at the most images merged. */
    private void write(Path folder, List<DemoRuns.Done> runs) {
        for (DemoRuns.Done run : runs) {
            if (run.seed() == seed) {
                Adapters.save(run.result().model(), folder.resolve(run.mode() + "-" + run.shot() + ".safetensors"));
            }
            if (run.seed() == seed && run.mode() == TuneMode.LORA && run.shot() == DemoRuns.SHOTS.get(0)) {
                Onnx.save(LowRank.merge(run.result().model()), folder.resolve("merged.onnx"));
            }
        }
    }

    private void print(DemoTable table, Path folder, double seconds) {
        console().print("");
        table.lines().forEach(console()::print);
        console().print("");
        console()
                .print(
                        "original: its own code on these images, mean of three seeds (its headline, ImageNet's ResNet18 to Caltech-101 at 10 / 5:");
        console()
                .print("full fine-tuning 89.16 / 80.94, lora_mode 89.27 / 82.57, tune_U_S 89.32 / 81.13); lrcc: "
                        + (seeds == 1 ? "seed " + seed : "mean of " + seeds + " seeds") + ", " + Progress.time(seconds)
                        + " in all");
        console().print("wrote adapters, merged.onnx and report.html to " + folder);
    }

    private static Map<String, Object> answer(DemoTable table, Path folder, double seconds) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("figures", table.toMaps());
        answer.put("meanOriginal", table.mean(DemoTable.Entry::original));
        answer.put("meanLrcc", table.mean(DemoTable.Entry::ours));
        answer.put("seconds", seconds);
        answer.put("folder", folder.toString());
        return answer;
    }
}
