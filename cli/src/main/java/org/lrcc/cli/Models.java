package org.lrcc.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lrcc.lowrank.Adapters;
import org.lrcc.nn.network.Model;

/** Models as commands want them. */
final class Models {
    private Models() {}

    /** The network of the command line, with its adapter where one is named; preprocessing given on the command line counts last. */
    static Model load(ModelOptions options, @Nullable Path adapter) {
        Model base = ModelFile.read(options.file()).model();
        return options.prepare(adapter == null ? base : Adapters.load(base, adapter));
    }
}
