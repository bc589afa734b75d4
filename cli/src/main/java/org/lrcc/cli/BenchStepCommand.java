package org.lrcc.cli;

import org.lrcc.engine.spi.Backend;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.train.RepeatedStep;
import org.lrcc.nn.train.TrainConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lrcc bench step}: how long a training step takes. */
@Command(
        name = "step",
        customSynopsis = "lrcc bench step MODEL.onnx [--mode MODE] [OPTIONS]",
        description =
                "Time training steps on random images and labels: forward, backward, SGD with momentum; images are not loaded.",
        footer = {
            "  lrcc bench step model.onnx --batch 8 --threads 1 --json",
            "  lrcc bench step model.onnx --mode lora_mode --rank 8 --ignore downsample"
        })
final class BenchStepCommand extends Subcommand {
    /** Small enough that random labels lead nowhere bad. */
    private static final double RATE = 1e-4;

    @Mixin
    private BenchSubject subject = new BenchSubject();

    @Override
    void execute() {
        Backend backend = subject.options().backend();
        Model model = subject.load(console());
        BenchOptions options = subject.options();
        TrainConfig config =
                TrainConfig.defaults().batch(options.batch()).rate(RATE).seed(options.seed());
        double[] loss = {Double.NaN};
        try (RepeatedStep step = new RepeatedStep(
                backend,
                model,
                config,
                options.images(model.network().inputShape()),
                options.labels(model.network().outputShape().size(-1)))) {
            Training.collectGarbage();
            Timing timing = subject.runs().measure(() -> loss[0] = step.run());
            subject.answer(console(), "step", model, backend, timing, loss[0]);
        }
    }
}
