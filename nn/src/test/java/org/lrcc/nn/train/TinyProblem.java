package org.lrcc.nn.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Dropout;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;

/** A problem that a small network learns in a second: images of 8 x 8 pixels with stripes of one of three directions under noise. */
final class TinyProblem {
    static final List<String> CLASSES = List.of("across", "down", "flat");
    private static final int SIDE = 8;

    private TinyProblem() {}

    static TensorSource samples(int count, long seed) {
        return samples(count, seed, CLASSES);
    }

    static TensorSource samples(int count, long seed, List<String> classes) {
        Philox random = new Philox(seed, 1);
        float[] values = new float[count * 3 * SIDE * SIDE];
        int[] labels = new int[count];
        int at = 0;
        for (int i = 0; i < count; i++) {
            labels[i] = i % classes.size();
            int pattern = CLASSES.indexOf(classes.get(labels[i]));
            int phase = random.nextInt(2);
            for (int c = 0; c < 3; c++) {
                for (int y = 0; y < SIDE; y++) {
                    for (int x = 0; x < SIDE; x++) {
                        int stripe = pattern == 0 ? (y + phase) % 2 : pattern == 1 ? (x + phase) % 2 : 0;
                        values[at++] = stripe - 0.5f + 0.3f * (float) random.nextGaussian();
                    }
                }
            }
        }
        return new TensorSource(Tensor.of(values, count, 3, SIDE, SIDE), labels, classes);
    }

    /** Two convolutions with batch norm, dropout and a linear head. */
    static Model model(List<String> classes) {
        List<Node> nodes = new ArrayList<>();
        ConvGeometry same = ConvGeometry.of(1, 1);
        add(nodes, "conv1", new Conv2d(3, 6, 3, 3, same, false), "input");
        add(nodes, "bn1", BatchNorm2d.of(6), "conv1");
        add(nodes, "relu1", new Activate(Activation.RELU), "bn1");
        add(nodes, "conv2", new Conv2d(6, 8, 3, 3, same, false), "relu1");
        add(nodes, "bn2", BatchNorm2d.of(8), "conv2");
        add(nodes, "relu2", new Activate(Activation.RELU), "bn2");
        add(nodes, "pool", new GlobalAvgPool(true), "relu2");
        add(nodes, "flatten", new Flatten(1), "pool");
        add(nodes, "dropout", new Dropout(0.1), "flatten");
        add(nodes, "fc", new Linear(8, classes.size(), true), "dropout");
        return model(Network.of("input", Shape.of(1, 3, SIDE, SIDE), nodes, "fc"), classes);
    }

    /** One convolution and a linear head, nothing that depends on other samples of the batch. */
    static Model plain() {
        List<Node> nodes = new ArrayList<>();
        add(nodes, "conv1", new Conv2d(3, 6, 3, 3, ConvGeometry.of(1, 1), true), "input");
        add(nodes, "relu1", new Activate(Activation.RELU), "conv1");
        add(nodes, "pool", new GlobalAvgPool(true), "relu1");
        add(nodes, "flatten", new Flatten(1), "pool");
        add(nodes, "fc", new Linear(6, 3, true), "flatten");
        return model(Network.of("input", Shape.of(1, 3, SIDE, SIDE), nodes, "fc"), CLASSES);
    }

    private static void add(List<Node> nodes, String name, org.lrcc.nn.layer.Layer layer, String input) {
        nodes.add(new Node(name, layer, List.of(input)));
    }

    private static Model model(Network network, List<String> classes) {
        State.Builder state = State.builder();
        Philox random = new Philox(11, 2);
        for (Map.Entry<String, ParameterSpec> entry : network.parameters().entrySet()) {
            float[] values = new float[entry.getValue().shape().elements()];
            String local = entry.getValue().name();
            boolean ones = entry.getKey().startsWith("bn") && (local.equals("weight") || local.equals("running_var"));
            boolean weight = local.equals("weight");
            for (int i = 0; i < values.length; i++) {
                values[i] = ones ? 1 : weight ? 0.3f * (float) random.nextGaussian() : 0;
            }
            Role role = entry.getValue().role();
            state.put(
                    entry.getKey(),
                    role,
                    Tensor.of(values, entry.getValue().shape().sizes()));
        }
        return new Model(network, state.build(), new ModelInfo(classes, Preprocessing.imagenet(), Map.of()));
    }

    static Evaluation evaluate(Backend backend, Model model, BatchSource source) {
        try (Evaluator evaluator = new Evaluator(backend, model, source, Evaluator.BATCH);
                Kernels k = backend.open()) {
            return evaluator.run(k, model.state());
        }
    }
}
