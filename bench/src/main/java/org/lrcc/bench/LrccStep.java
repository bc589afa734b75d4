package org.lrcc.bench;

import java.util.List;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.SoftmaxCrossEntropy;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.ResNet;
import org.lrcc.nn.network.State;
import org.lrcc.nn.optim.FlatOptimizer;
import org.lrcc.nn.optim.Sgd;

/** A full ResNet18 training step: forward, backward, SGD with momentum. Arguments: batch, size, threads (for the name), warm-up steps, steps. */
public final class LrccStep {
    private final Kernels kernels;
    private final State state;
    private final Plan plan;
    private final FlatParameters flat;
    private final Tensor gradient;
    private final FlatOptimizer optimizer;
    private final Tensor x;
    private final Tensor labels;
    private long steps;

    private LrccStep(Backend backend, int batch, int size) {
        kernels = backend.open();
        Network network = ResNet.resnet18(1000);
        state = Init.state(network, 1);
        Shape shape = Shape.of(batch, 3, size, size);
        plan = network.prepare(backend, Mode.TRAIN, shape);
        flat = state.flatten();
        gradient = flat.newBuffer();
        optimizer = new FlatOptimizer(new Sgd(0.9, false, 1e-4), List.of(), flat);
        float[] pixels = new float[shape.elements()];
        Philox random = new Philox(1, 1);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        x = Tensor.of(pixels, shape.sizes());
        int[] classes = new int[batch];
        for (int i = 0; i < batch; i++) {
            classes[i] = i;
        }
        labels = Tensor.of(classes, batch);
    }

    /** Prints a {@link StepTimes} line. */
    public static void main(String[] args) {
        Backend backend = Backends.get();
        int batch = Integer.parseInt(args[0]);
        LrccStep step = new LrccStep(backend, batch, Integer.parseInt(args[1]));
        System.out.println(StepTimes.measure("lrcc", Integer.parseInt(args[3]), Integer.parseInt(args[4]), step::run)
                .toLine());
    }

    private void run() {
        try (Tape tape = Tape.recording(kernels)) {
            Var logits = plan.forward(tape, state, flat, gradient, tape.constant(x), 1, steps++);
            Var loss = tape.apply(new SoftmaxCrossEntropy(0, x.shape().size(0)), logits, tape.constant(labels));
            tape.backward(loss);
            plan.updates(tape).forEach(state::update);
        }
        optimizer.step(kernels, gradient, 0.001);
    }
}
