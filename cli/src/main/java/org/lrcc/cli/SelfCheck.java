package org.lrcc.cli;

import java.util.List;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;

/** Runs a tiny network on a backend and on the reference: whether what was found works, and not only whether it is there. */
final class SelfCheck {
    private static final double TOLERANCE = 1e-4;
    private static final Shape INPUT = Shape.of(2, 3, 17, 17);
    private static final Network NETWORK = Network.of(
            "x",
            INPUT,
            List.of(
                    new Node("conv", new Conv2d(3, 16, 3, 3, ConvGeometry.of(2, 1), true), List.of("x")),
                    new Node("pool", new GlobalAvgPool(true), List.of("conv")),
                    new Node("flat", new Flatten(1), List.of("pool")),
                    new Node("fc", new Linear(16, 10, true), List.of("flat"))),
            "fc");

    private SelfCheck() {}

    /** What the check says of a backend. */
    static String of(Backend backend) {
        float[] expected = run(Backends.named("reference"));
        float[] found = run(backend);
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs(expected[i] - found[i]);
            worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
        }
        return worst <= TOLERANCE
                ? String.format(java.util.Locale.ROOT, "agrees with the reference to %.0e", Math.max(worst, 1e-9))
                : "DIFFERS from the reference by " + worst + ": do not use it, and please report it";
    }

    private static float[] run(Backend backend) {
        State state = Init.state(NETWORK, 1);
        Philox random = new Philox(1, 1);
        float[] values = new float[INPUT.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        try (Kernels kernels = backend.open()) {
            Tensor x = kernels.upload(Tensor.of(values, INPUT.sizes()));
            Tensor y = NETWORK.prepare(backend, Mode.EVAL, INPUT).run(kernels, state, x);
            float[] result = y.toFloats();
            y.release();
            x.release();
            return result;
        }
    }
}
