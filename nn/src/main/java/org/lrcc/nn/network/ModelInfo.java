package org.lrcc.nn.network;

import java.util.List;
import java.util.Map;
import org.lrcc.nn.data.Preprocessing;

/**
 * What is known of a model beside its tensors.
 *
 * @param classes names of the outputs, in order; empty where they are not known
 * @param preprocessing how images become its input
 * @param extra further metadata, written to and read from ONNX files
 */
public record ModelInfo(List<String> classes, Preprocessing preprocessing, Map<String, String> extra) {
    /** Copies the collections. */
    public ModelInfo {
        classes = List.copyOf(classes);
        extra = Map.copyOf(extra);
    }

    /** The same with other class names. */
    public ModelInfo withClasses(List<String> names) {
        return new ModelInfo(names, preprocessing, extra);
    }

    /** The same with another preprocessing. */
    public ModelInfo withPreprocessing(Preprocessing other) {
        return new ModelInfo(classes, other, extra);
    }
}
