package org.lrcc.bench.peers;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.io.IOException;
import org.lrcc.bench.compare.Report;

/** A ResNet18 training step in libtorch, through DJL. Arguments: batch, size, threads, warm-up steps, steps. */
public final class LibtorchStep {
    private LibtorchStep() {}

    /** Prints a {@link Report} line. */
    public static void main(String[] args) throws IOException {
        int batch = Integer.parseInt(args[0]);
        int size = Integer.parseInt(args[1]);
        System.setProperty("ai.djl.pytorch.num_threads", args[2]);
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        DefaultTrainingConfig config = new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optOptimizer(Optimizer.sgd()
                        .setLearningRateTracker(Tracker.fixed(0.001f))
                        .optMomentum(0.9f)
                        .optWeightDecays(1e-4f)
                        .build())
                .optDevices(new Device[] {Device.cpu()});
        String name = "libtorch " + Engine.getInstance().getVersion() + " (DJL)";
        try (Model model = Model.newInstance("resnet18")) {
            model.setBlock(LibtorchResNet18.of(1000));
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(batch, 3, size, size));
                NDManager manager = trainer.getManager();
                NDArray x = manager.randomNormal(new Shape(batch, 3, size, size));
                NDArray labels = manager.arange(0f, batch).toType(DataType.INT64, false);
                Report.measure(
                                name,
                                Integer.parseInt(args[3]),
                                Integer.parseInt(args[4]),
                                () -> step(trainer, x, labels))
                        .print();
            }
        }
    }

    private static void step(Trainer trainer, NDArray x, NDArray labels) {
        try (NDManager scope = trainer.getManager().newSubManager()) {
            try (GradientCollector collector = trainer.newGradientCollector()) {
                NDArray input = x.duplicate();
                input.attach(scope);
                NDList out = trainer.forward(new NDList(input));
                NDArray loss = trainer.getLoss().evaluate(new NDList(labels), out);
                collector.backward(loss);
                out.close();
                loss.close();
            }
            trainer.step();
        }
    }
}
