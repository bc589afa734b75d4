package org.lrcc.lowrank.card;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.kernels.cuda.CudaBackend;
import org.lrcc.kernels.cuda.PrecisionContract;

/** Measures kernels, the convolutions of ResNet18, its training steps and its decomposition on the card, a row of the table each, in fp32 and in TF32. */
final class CardBenchmark {
    private CardBenchmark() {}

    static void run(Consumer<String> out) throws IOException {
        for (String precision : List.of("fp32", "tf32")) {
            Meter meter = new Meter(out, precision);
            Backend backend = ((CudaBackend) Card.backend()).withTf32(precision.equals("tf32"));
            CardSteps steps = new CardSteps(meter, backend);
            try (Kernels k = backend.open()) {
                meter.calibrate(k);
                if (precision.equals("fp32")) {
                    CardOps.run(k, meter);
                }
                CardLayers.run(k, meter);
            }
            PrecisionContract.errors(backend)
                    .forEach((what, error) -> out.accept(String.format(
                            Locale.ROOT,
                            "| %s, %s | | largest error %.1e of the largest value, against the reference in double |",
                            what,
                            precision,
                            error)));
            steps.run();
        }
        // Last, for it takes longest.
        new CardSteps(new Meter(out, "fp32"), Card.backend()).decomposition();
    }
}
