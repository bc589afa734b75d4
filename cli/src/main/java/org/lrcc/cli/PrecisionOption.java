package org.lrcc.cli;

import org.lrcc.engine.spi.Backends;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a GPU computes products; to be read before the backend is chosen. */
final class PrecisionOption {
    private static final String PROPERTY = "lrcc.precision";

    /** The choices. */
    enum Precision {
        /** Factors as they are. */
        FP32,
        /** Factors rounded to 10 bits behind the point. */
        TF32
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--precision",
            paramLabel = "P",
            description =
                    "Products in fp32 (default) or tf32, which rounds their factors to 10 bits: on the CUDA backend alone.")
    void precision(Precision value) {
        if (value == Precision.TF32 && !"cuda".equals(System.getProperty(Backends.PROPERTY))) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--precision tf32 is for the CUDA backend, which -D" + Backends.PROPERTY + "=cuda asks for");
        }
        System.setProperty(PROPERTY, value == Precision.TF32 ? "tf32" : "fp32");
    }
}
