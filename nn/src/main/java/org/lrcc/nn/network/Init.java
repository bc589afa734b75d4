package org.lrcc.nn.network;

import java.util.Arrays;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.ParameterSpec;

/**
 * Fresh tensors for a network, as torchvision initialises its residual networks: convolutions normal with variance 2 / fan out (He et al., "Delving Deep into Rectifiers", ICCV 2015), batch norm 1 and
 * 0, linear layers and biases uniform within 1 / sqrt(fan in).
 *
 * <p>A tensor's numbers are a function of the seed and its name, whatever else the network holds.
 */
public final class Init {
    private static final long PURPOSE = 0x696e6974L;

    private Init() {}

    /** A state for a network of plain layers. */
    public static State state(Network network, long seed) {
        State.Builder builder = State.builder();
        for (Node node : network.nodes()) {
            for (ParameterSpec spec : node.layer().parameters()) {
                String name = node.parameter(spec.name());
                Philox random = new Philox(seed, Philox.stream(PURPOSE, name.hashCode()));
                builder.put(
                        name,
                        spec.role(),
                        Tensor.of(values(node, spec, random), spec.shape().sizes()));
            }
        }
        return builder.build();
    }

    private static float[] values(Node node, ParameterSpec spec, Philox random) {
        Layer layer = node.layer();
        int count = spec.shape().elements();
        if (layer instanceof Conv2d conv) {
            int kernel = conv.kernelHeight() * conv.kernelWidth();
            return spec.name().equals("bias")
                    ? uniform(count, 1 / Math.sqrt(conv.weightShape().elements(1, 4)), random)
                    : normal(count, Math.sqrt(2.0 / ((double) conv.out() * kernel)), random);
        }
        if (layer instanceof Linear linear) {
            return uniform(count, 1 / Math.sqrt(linear.in()), random);
        }
        if (layer instanceof BatchNorm2d) {
            float[] values = new float[count];
            Arrays.fill(values, spec.name().equals("weight") || spec.name().equals("running_var") ? 1 : 0);
            return values;
        }
        throw new InputException("init: layer " + node.name() + " is a " + layer.kind() + ", which has no rule");
    }

    private static float[] uniform(int count, double bound, Philox random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
        }
        return values;
    }

    private static float[] normal(int count, double deviation, Philox random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return values;
    }
}
