package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.SoftmaxCrossEntropy;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.LowRankConv2d.Form;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.State;
import org.lrcc.nn.optim.FlatOptimizer;
import org.lrcc.nn.optim.Sgd;
import org.lrcc.nn.safetensors.SafeTensors;

/** A few training steps of a converted network, from the original's converted state to its state after them. */
record GoldenTraining(GoldenCases golden, JsonNode c) {
    void run() {
        String name = c.path("case").asText();
        GoldenNetwork network = new GoldenNetwork(
                golden, golden.named(c.path("model").asText(name.substring(0, name.lastIndexOf('.')))));
        SafeTensors recorded = golden.tensors(name);
        SafeTensors io = network.io();
        Model model = converted(network.model(), recorded);
        List<Double> losses = train(model, io.floats("x"), io.get("target"));
        JsonNode expected = c.path("losses");
        assertThat(losses).as("losses").hasSize(expected.size()).isNotEmpty();
        for (int i = 0; i < losses.size(); i++) {
            assertThat(losses.get(i))
                    .as("loss %s", i)
                    .isCloseTo(expected.get(i).asDouble(), within(GoldenCases.TOLERANCE));
        }
        Map<String, Tensor> end = GoldenCases.below(recorded, "end.");
        for (String tensor : model.state().names()) {
            if (!tensor.endsWith("." + LowRankConv2d.MASK)) {
                GoldenCases.assertClose("end." + tensor, model.state().get(tensor), end.get(tensor));
            }
        }
        GoldenCases.assertClose("logits", GoldenNetwork.run(model, io.floats("x")), recorded.floats("logits"));
    }

    private Model converted(Model base, SafeTensors recorded) {
        TuneMode mode = TuneMode.parse(c.path("mode").asText());
        Map<String, Tensor> start = GoldenCases.below(recorded, "start.");
        Map<String, Layer> layers = new HashMap<>();
        Network plain = GoldenNetwork.withBatchNorm(base.network(), start.keySet());
        for (Node node : plain.nodes()) {
            Tensor v = start.get(node.parameter(LowRankConv2d.V));
            if (v != null && node.layer() instanceof Convolution conv) {
                boolean noise = start.containsKey(node.parameter(LowRankConv2d.NOISE));
                Form form = mode == TuneMode.LORA ? Form.OVER_BASE : noise ? Form.SPARSE_NOISE : Form.SPARSE;
                Layout layout = c.path("reshape_consecutive").asBoolean() ? Layout.SEPARABLE : Layout.FLAT;
                layers.put(node.name(), LowRankConv2d.of(conv, v.shape().size(0), layout, form, 1, 0));
            }
        }
        assertThat(layers).as("converted layers").isNotEmpty();
        Network network = plain.replace(layers);
        Selection selection = new Selection(plain, LowRankConfig.of(mode));
        Set<String> trains = Trainables.names(network, selection, mode);
        assertThat(new TreeSet<>(trains)).isEqualTo(new TreeSet<>(GoldenCases.strings(c.path("trainable"))));
        State state = GoldenStates.of(network, start::get).withTrainable(trains::contains);
        return new Model(network, state, base.info());
    }

    private List<Double> train(Model model, Tensor x, Tensor target) {
        Backend backend = Backends.get();
        Plan plan = model.network().prepare(backend, Mode.TRAIN, x.shape());
        FlatParameters flat = model.state().flatten();
        Sgd rule = new Sgd(
                c.path("momentum").asDouble(), false, c.path("weight_decay").asDouble());
        List<Double> losses = new ArrayList<>();
        try (Kernels kernels = backend.open()) {
            flat.moveTo(kernels);
            model.state().moveTo(kernels, name -> model.state().role(name) == Role.BUFFER);
            Tensor gradient = flat.newBuffer();
            FlatOptimizer optimizer = new FlatOptimizer(rule, List.of(), flat);
            Tensor images = kernels.upload(x);
            Tensor labels = kernels.upload(target);
            for (int step = 0; step < c.path("steps").asInt(); step++) {
                try (Tape tape = Tape.recording(kernels)) {
                    Var logits = plan.forward(tape, model.state(), flat, gradient, tape.constant(images), 0, step);
                    int batch = x.shape().size(0);
                    Var loss = tape.apply(new SoftmaxCrossEntropy(0, batch), logits, tape.constant(labels));
                    losses.add(loss.tensor().item());
                    tape.backward(loss);
                    plan.updates(tape).forEach(model.state()::update);
                    optimizer.step(kernels, gradient, c.path("lr").asDouble());
                }
            }
            model.state().moveToHeap();
        }
        return losses;
    }
}
