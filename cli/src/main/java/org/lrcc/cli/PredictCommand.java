package org.lrcc.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.AdapterSet;
import org.lrcc.lowrank.Adapters;
import org.lrcc.nn.data.ImageDecoder;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.data.RgbImage;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.safetensors.SafeTensors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lrcc predict}: what a network says of images or of prepared tensors. */
@Command(
        name = "predict",
        customSynopsis = {
            "lrcc predict MODEL.onnx [--adapter A.safetensors]... IMAGE... [OPTIONS]",
            "       lrcc predict MODEL.onnx [--adapter A.safetensors] --input X.safetensors --output Y.safetensors"
        },
        description = "Say what a network sees in images, or run it on prepared tensors.",
        footer = {
            "  lrcc predict model.onnx photo.jpg",
            "  lrcc predict model.onnx --adapter run/adapter.safetensors --json photos/*.jpg",
            "  lrcc predict model.onnx --adapter cats.safetensors --adapter birds.safetensors photo.jpg",
            "  lrcc predict model.onnx --input x.safetensors --output logits.safetensors"
        })
final class PredictCommand extends Subcommand {
    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    PrecisionOption precision = new PrecisionOption();

    @Parameters(index = "1..*", paramLabel = "IMAGE", description = "Images: JPEG, PNG, WebP or BMP.")
    private List<Path> images = List.of();

    @Option(
            names = "--adapter",
            paramLabel = "A.safetensors",
            description = "Run the network with this adapter; given several times, with each, over one base.")
    private List<Path> adapters = List.of();

    @Option(
            names = "--merged",
            description =
                    "Give each of several adapters weights of its own: as much memory as the network's for each, and no cost at the switch between them.")
    private boolean merged;

    @Option(
            names = "--input",
            paramLabel = "X.safetensors",
            description = "Run on the tensor x, [N, 3, H, W], of this file.")
    private @Nullable Path input;

    @Option(
            names = "--output",
            paramLabel = "Y.safetensors",
            description = "Write the tensor logits, [N, classes], to this file.")
    private @Nullable Path output;

    @Option(names = "--top", paramLabel = "N", description = "Classes to name for each image (default: 5).")
    private int top = 5;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Images that go through the network together (default: 32).")
    private int batch = 32;

    @Option(names = "--json", description = "Answer as JSON.")
    private boolean json;

    /** A class and its probability. */
    private record Guess(String name, double probability) {}

    @Override
    void execute() {
        if (batch < 1 || top < 1) {
            throw new InputException("--batch and --top must be 1 or more: " + batch + ", " + top);
        }
        if ((input == null) == images.isEmpty() || (input == null) != (output == null)) {
            throw new InputException("give either images, or both --input and --output");
        }
        if (merged && adapters.size() < 2) {
            throw new InputException("--merged is for several --adapter, got " + adapters.size());
        }
        if (input != null && output != null) {
            Outputs.file("--output", output, input, model.file());
            if (adapters.size() > 1) {
                throw new InputException("--input takes one --adapter, got " + adapters.size());
            }
            tensors(Models.load(model, only()), input, output);
        } else if (adapters.size() > 1) {
            several();
        } else {
            Model loaded = Models.load(model, only());
            Shape shape = shape(loaded.info().preprocessing());
            try (Predictor predictor = new Predictor(loaded, images.size(), shape)) {
                pictures(List.of(new Eye(null, loaded.info(), predictor::run)));
            }
        }
    }

    private static Shape shape(Preprocessing preprocessing) {
        return Shape.of(1, 3, preprocessing.size(), preprocessing.size());
    }

    private @Nullable Path only() {
        return adapters.isEmpty() ? null : adapters.get(0);
    }

    /** All adapters over one base, which is read once. */
    private void several() {
        Model base = ModelFile.read(model.file()).model();
        Map<String, Model> adapted = new LinkedHashMap<>();
        long macs = 0;
        for (Path adapter : adapters) {
            String name = adapter.toString();
            if (adapted.containsKey(name)) {
                throw new InputException("--adapter " + name + " is given twice");
            }
            Model loaded = Adapters.load(base, adapter);
            adapted.put(name, loaded);
            macs += Predictor.macs(
                    base.network(), images.size(), shape(info(loaded).preprocessing()));
        }
        List<Eye> eyes = new ArrayList<>();
        try (AdapterSet set = new AdapterSet(base, Backends.get().forShortRun(macs))) {
            adapted.forEach((name, loaded) -> {
                set.add(name, loaded, merged ? AdapterSet.Form.MERGED : AdapterSet.Form.UNMERGED);
                eyes.add(new Eye(name, info(loaded), x -> set.run(name, x)));
            });
            pictures(eyes);
        }
    }

    /** What is known of an adapted model, with the preprocessing of the command line. */
    private ModelInfo info(Model loaded) {
        ModelInfo info = loaded.info();
        return info.withPreprocessing(model.preprocessing().over(info.preprocessing()));
    }

    /**
     * A network that looks at the images.
     *
     * @param adapter its name where there are several
     */
    private record Eye(@Nullable String adapter, ModelInfo info, UnaryOperator<Tensor> network) {}

    private void tensors(Model loaded, Path from, Path to) {
        Tensor x = SafeTensors.read(from).floats("x");
        Shape shape = x.shape();
        if (shape.rank() != 4
                || shape.size(0) < 1
                || shape.size(1) != loaded.network().inputShape().size(1)) {
            throw new InputException(from + ": tensor x is " + shape + ", not N x "
                    + loaded.network().inputShape().size(1) + " x H x W");
        }
        List<Tensor> parts = new ArrayList<>();
        try (Predictor predictor = new Predictor(loaded, shape.size(0), shape.with(0, 1));
                Progress progress = console().progress("predict", shape.size(0))) {
            int one = shape.elements(1, 4);
            for (int i = 0; i < shape.size(0); i += batch) {
                int count = Math.min(batch, shape.size(0) - i);
                parts.add(predictor.run(x.slice(i * one, shape.with(0, count))));
                progress.at(i + count, "");
            }
        }
        SafeTensors.write(to, Map.of("logits", joined(parts, shape.size(0))), Map.of("format", "pt"));
    }

    private static Tensor joined(List<Tensor> parts, int rows) {
        int columns = parts.get(0).elements() / parts.get(0).shape().size(0);
        float[] all = new float[rows * columns];
        int at = 0;
        for (Tensor part : parts) {
            float[] values = part.toFloats();
            System.arraycopy(values, 0, all, at, values.length);
            at += values.length;
        }
        return Tensor.of(all, rows, columns);
    }

    private void pictures(List<Eye> eyes) {
        List<Map<String, Object>> answers = new ArrayList<>();
        ImageDecoder decoder = new ImageDecoder();
        for (int i = 0; i < images.size(); i += batch) {
            List<Path> files = images.subList(i, Math.min(images.size(), i + batch));
            List<RgbImage> decoded = files.stream().map(decoder::decode).toList();
            Map<Preprocessing, Tensor> prepared = new HashMap<>(); // adapters mostly share one
            for (Eye eye : eyes) {
                Tensor x = prepared.computeIfAbsent(eye.info().preprocessing(), p -> p.toTensor(decoded));
                float[] logits = eye.network().apply(x).toFloats();
                int columns = logits.length / files.size();
                for (int j = 0; j < files.size(); j++) {
                    double[] shares = Predictor.softmax(logits, j * columns, columns);
                    if (!Double.isFinite(shares[0])) {
                        throw new FailureException(files.get(j) + ": the network's outputs are not finite");
                    }
                    answer(files.get(j), eye, guesses(eye.info().classes(), shares), answers);
                }
            }
        }
        if (json) {
            console().json(answers);
        }
    }

    private List<Guess> guesses(List<String> names, double[] shares) {
        return Predictor.top(shares, top).stream()
                .map(i -> new Guess(names.isEmpty() ? "class " + i : names.get(i), shares[i]))
                .toList();
    }

    private void answer(Path file, Eye eye, List<Guess> guesses, List<Map<String, Object>> answers) {
        if (json) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("image", file.toString());
            if (eye.adapter() != null) {
                answer.put("adapter", eye.adapter());
            }
            answer.put("classes", guesses.stream().map(PredictCommand::toMap).toList());
            answers.add(answer);
            return;
        }
        console().print(eye.adapter() == null ? file.toString() : file + " by " + eye.adapter());
        for (Guess guess : guesses) {
            console().print(String.format(Locale.ROOT, "  %6.2f %%  %s", 100 * guess.probability(), guess.name()));
        }
    }

    private static Map<String, Object> toMap(Guess guess) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("class", guess.name());
        map.put("probability", guess.probability());
        return map;
    }
}
