package org.lrcc.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.onnx.Imported;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The network that a command works on, and how images become its input. */
final class ModelOptions {
    @Parameters(index = "0", paramLabel = "MODEL.onnx", description = "A network in ONNX, or packed as MODEL.onnx.gz.")
    private @Nullable Path file;

    @Mixin
    private PreprocessingOptions preprocessing = new PreprocessingOptions();

    /** The file that was named. */
    Path file() {
        if (file == null) {
            throw new InputException("MODEL.onnx is missing");
        }
        return file;
    }

    /** Options on preprocessing. */
    PreprocessingOptions preprocessing() {
        return preprocessing;
    }

    /** The network with the preprocessing of the command line, and what the importer has to say. */
    Imported read() {
        Imported imported = ModelFile.read(file());
        return new Imported(prepare(imported.model()), imported.report());
    }

    /** The network with the preprocessing of the command line. */
    Model load() {
        return read().model();
    }

    /** A model with the preprocessing of the command line, and an input of its size. */
    Model prepare(Model model) {
        return prepare(model, preprocessing.over(model.info().preprocessing()), file());
    }

    /** A model with this preprocessing, and an input of its size. */
    static Model prepare(Model model, Preprocessing wanted, Path file) {
        Shape own = model.network().inputShape();
        if (own.size(1) != 3) {
            throw new InputException(
                    "model " + file + ": its input is " + own + ", not N x 3 x H x W: images have three channels");
        }
        Shape input = Shape.of(1, 3, wanted.size(), wanted.size());
        Network network = own.equals(input) ? model.network() : model.network().withInput(input);
        return new Model(network, model.state(), model.info().withPreprocessing(wanted));
    }
}
