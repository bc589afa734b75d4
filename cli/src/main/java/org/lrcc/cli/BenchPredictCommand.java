package org.lrcc.cli;

import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Plan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lrcc bench predict}: how long inference takes. */
@Command(
        name = "predict",
        customSynopsis = "lrcc bench predict MODEL.onnx [--mode MODE] [OPTIONS]",
        description = "Time inference on random images; images are not loaded.",
        footer = {"  lrcc bench predict model.onnx --batch 1 --threads 1 --json"})
final class BenchPredictCommand extends Subcommand {
    @Mixin
    private BenchSubject subject = new BenchSubject();

    @Override
    void execute() {
        Backend backend = subject.options().backend();
        Model model = subject.load(console());
        Shape shape = model.network().inputShape().with(0, subject.options().batch());
        Plan plan = model.network().prepare(backend, Mode.EVAL, shape);
        try (Kernels kernels = backend.open()) {
            Tensor x = kernels.upload(subject.options().images(shape));
            Timing timing = subject.runs()
                    .measure(() -> plan.run(kernels, model.state(), x).release());
            subject.answer(console(), "predict", model, backend, timing, null);
            x.release();
        }
    }
}
