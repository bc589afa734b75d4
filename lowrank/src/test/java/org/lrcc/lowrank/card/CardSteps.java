package org.lrcc.lowrank.card;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.SoftmaxCrossEntropy;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.cuda.CudaKernels;
import org.lrcc.lowrank.Density;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.SparseForm;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.ResNet;
import org.lrcc.nn.network.State;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.nn.optim.FlatOptimizer;
import org.lrcc.nn.optim.Sgd;
import org.lrcc.nn.train.RepeatedStep;
import org.lrcc.nn.train.TrainConfig;
import org.lrcc.testdata.TestData;

/** Times whole training steps of ResNet18, of all its weights and of adapters of rank 8, and its decomposition. */
final class CardSteps {
    private static final Sgd MOMENTUM = new Sgd(0.9, false, 1e-4);
    private static final int RANK = 8;

    private final Meter meter;
    private final Backend backend;
    private final Model model;

    CardSteps(Meter meter, Backend backend) throws IOException {
        this.meter = meter;
        this.backend = backend;
        this.model = Card.isReal() ? resnet18() : Onnx.load(TestData.demo().resolve("thin_resnet18.onnx"));
    }

    private static Model resnet18() {
        Network network = ResNet.resnet18(1000);
        return new Model(network, Init.state(network, 1), new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of()));
    }

    void run() {
        Model lora = LowRank.convert(model, LowRankConfig.of(TuneMode.LORA).rank(RANK));
        for (int batch : Card.isReal() ? new int[] {32, 128, 256} : new int[] {2}) {
            step("all weights", model, batch);
            step("lora_mode of rank " + RANK, lora, batch);
            fromHost(batch);
        }
    }

    private static Map<String, Tensor> changing(State state) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : state.names()) {
            if (state.trainable(name) || state.role(name) == Role.BUFFER) {
                tensors.put(name, state.get(name));
            }
        }
        return tensors;
    }

    /** A step on images that are on the card already, whose loss nobody reads: what is left is kernels and launches. */
    private void step(String what, Model of, int batch) {
        Shape input = of.network().inputShape().with(0, batch);
        Plan plan = of.network().prepare(backend, Mode.TRAIN, input);
        State state = of.state().overlay(changing(of.state()));
        try (Kernels k = backend.open()) {
            FlatParameters flat = state.flatten();
            flat.moveTo(k);
            state.moveTo(k, name -> state.role(name) == Role.BUFFER);
            Tensor gradient = flat.newBuffer();
            FlatOptimizer optimizer = new FlatOptimizer(MOMENTUM, List.of(), flat);
            Tensor x = k.allocate(DType.F32, input);
            k.fill(x, 0.01);
            Tensor labels = k.upload(Tensor.of(new int[batch], batch));
            long[] step = new long[1];
            long before = ((CudaKernels) k).launches();
            Runnable work = () -> {
                try (Tape tape = Tape.recording(k)) {
                    Var logits = plan.forward(tape, state, flat, gradient, tape.constant(x), 0, step[0]++);
                    Var loss = tape.apply(new SoftmaxCrossEntropy(0, batch), logits, tape.constant(labels));
                    tape.backward(loss);
                    plan.updates(tape).forEach(state::update);
                    optimizer.step(k, gradient, 0.01);
                }
            };
            double seconds = Meter.seconds(k, work);
            long launches = (((CudaKernels) k).launches() - before) / step[0];
            meter.row(
                    "ResNet18 training step, " + what + ", batch " + batch,
                    seconds,
                    String.format(
                            Locale.ROOT,
                            "%.0f images/s, %d launches, %.1f GB at most",
                            batch / seconds,
                            launches,
                            k.highestBytes() * 1e-9));
            overlap(what, k, work, Tensor.of(new float[input.elements()], input.elements()));
        }
    }

    /** The next batch on its way beside a step. */
    private void overlap(String what, Kernels k, Runnable work, Tensor next) {
        CudaKernels.Overlap times = ((CudaKernels) k).overlap(work, next);
        double copy = times.copyEnd() - times.copyBegin();
        double hidden = Math.max(0, Math.min(times.copyEnd(), times.kernelsEnd()) - Math.max(0, times.copyBegin()));
        meter.row(
                "copy of the next batch beside that step, " + what,
                copy * 1e-3,
                String.format(
                        Locale.ROOT,
                        "from %.2f to %.2f ms of a step of %.2f ms by the device's events: %.0f %% hidden",
                        times.copyBegin(),
                        times.copyEnd(),
                        times.kernelsEnd(),
                        100 * hidden / copy));
    }

    /** The trainer's own step: images come from the host, the loss is read, gradients are looked at. */
    private void fromHost(int batch) {
        Shape input = model.network().inputShape().with(0, batch);
        Tensor x = Tensor.of(new float[input.elements()], batch, input.size(1), input.size(2), input.size(3));
        TrainConfig config = TrainConfig.defaults().batch(batch).rate(0.01).optimizer(MOMENTUM);
        try (RepeatedStep step = new RepeatedStep(backend, model, config, x, new int[batch])) {
            step.run();
            step.run();
            int runs = Card.isReal() ? 10 : 1;
            long start = System.nanoTime();
            for (int i = 0; i < runs; i++) {
                step.run();
            }
            double seconds = (System.nanoTime() - start) * 1e-9 / runs;
            meter.row(
                    "ResNet18 training step of the trainer, images from the host, batch " + batch,
                    seconds,
                    String.format(Locale.ROOT, "%.0f images/s", batch / seconds));
        }
    }

    /** U·V and S of each convolution, and steps that train U and S, in each form of S; the interpreter, which would take minutes, gets two layers. */
    void decomposition() {
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_U_S).rankRatio(0.25);
        LowRankConfig chosen = Card.isReal() ? config : config.convert("layer1.0");
        for (String method : List.of("accelerated", "svd")) {
            long start = System.nanoTime();
            LowRank.convert(model, chosen.method(method));
            meter.row(
                    "decomposition of ResNet18 at rank ratio 0.25, " + method,
                    (System.nanoTime() - start) * 1e-9,
                    "on the card");
        }
        for (SparseForm form : List.of(SparseForm.DENSE, SparseForm.COMPACT)) {
            Model tuned = LowRank.convert(
                    model, chosen.method("svd").density(new Density(0.1, false)).sparse(form));
            step("tune_U_S, S " + form.label(), tuned, Card.isReal() ? 128 : 2);
        }
    }
}
