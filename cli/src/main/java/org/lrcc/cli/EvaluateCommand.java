package org.lrcc.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.train.Evaluation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lrcc evaluate}: how well a network does on labelled images. */
@Command(
        name = "evaluate",
        description = "Measure a network, with or without an adapter, on labelled images.",
        footer = {
            "  lrcc evaluate merged.onnx --test photos/test",
            "  lrcc evaluate model.onnx --adapter run/adapter.safetensors --test test.txt --images photos --json"
        })
final class EvaluateCommand extends Subcommand {
    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    PrecisionOption precision = new PrecisionOption();

    @Option(names = "--adapter", paramLabel = "A.safetensors", description = "Measure the network with this adapter.")
    private @Nullable Path adapter;

    @Option(
            names = "--test",
            paramLabel = "DIR|LIST",
            required = true,
            description = "A folder with a folder of images a class, or a list of class/file lines below --images.")
    private @Nullable Path test;

    @Option(names = "--images", paramLabel = "DIR", description = "The folder that the list's files are below.")
    private @Nullable Path images;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Images that go through the network together (default: 50).")
    private int batch = 50;

    @Option(names = "--json", description = "Answer as JSON.")
    private boolean json;

    @Override
    void execute() {
        if (test == null) {
            throw new InputException("--test is missing");
        }
        Dataset data = DataOptions.read("--test", test, images);
        Model loaded = Models.load(model, adapter);
        Evaluation evaluation = Training.evaluate(loaded, data, batch);
        if (json) {
            console().json(toMap(evaluation));
            return;
        }
        for (Evaluation.ClassScore score : evaluation.perClass()) {
            if (score.samples() > 0) {
                console()
                        .print(String.format(
                                Locale.ROOT,
                                "%-28s %4d of %4d  %6.2f %%",
                                score.name(),
                                score.correct(),
                                score.samples(),
                                100 * score.accuracy()));
            }
        }
        console()
                .print(String.format(
                        Locale.ROOT,
                        "%d images: top-1 %.2f %%, top-5 %.2f %%, loss %.4f",
                        evaluation.samples(),
                        100 * evaluation.top1(),
                        100 * evaluation.top5(),
                        evaluation.loss()));
    }

    /** The answer for a program. */
    static Map<String, Object> toMap(Evaluation evaluation) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("images", evaluation.samples());
        map.put("top1", evaluation.top1());
        map.put("top5", evaluation.top5());
        map.put("loss", evaluation.loss());
        List<Map<String, Object>> classes = evaluation.perClass().stream()
                .map(score -> {
                    Map<String, Object> entry = new LinkedHashMap<>();
                    entry.put("class", score.name());
                    entry.put("images", score.samples());
                    entry.put("right", score.correct());
                    return entry;
                })
                .toList();
        map.put("classes", classes);
        map.put("confusion", evaluation.confusion());
        return map;
    }
}
