package org.lrcc.bench;

import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.Plan;

/** A network of a layer or two on random input of its shape, as plans run it. */
final class LayerRun implements AutoCloseable {
    private final Kernels kernels;
    private final Model model;
    private final Plan training;
    private final Plan inference;
    private final FlatParameters flat;
    private final Tensor gradient;
    private final Tensor x;

    LayerRun(Model model) {
        this.model = model;
        Shape shape = model.network().inputShape();
        Backend backend = Backends.get();
        kernels = backend.open();
        training = model.network().prepare(backend, Mode.TRAIN, shape);
        inference = model.network().prepare(backend, Mode.EVAL, shape);
        flat = model.state().flatten();
        gradient = flat.newBuffer();
        float[] values = new float[shape.elements()];
        Philox random = new Philox(1, 1);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        x = kernels.upload(Tensor.of(values, shape.sizes()));
    }

    /** Inference. */
    void forward() {
        inference.run(kernels, model.state(), x).release();
    }

    /** Forward and backward of a training step, the input's gradient too. */
    void forwardAndBackward() {
        try (Tape tape = Tape.recording(kernels)) {
            Parameters parameters = Parameters.of(tape, model.state(), flat, gradient);
            Var y = training.forward(parameters, tape.variable(x), 1, 1);
            tape.backward(tape.apply(new Sum(), y));
            flat.touched();
        }
    }

    @Override
    public void close() {
        kernels.close();
    }
}
