package org.lrcc.nn.train;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.lrcc.engine.InputException;
import org.lrcc.nn.network.Model;

/** From a data set's classes to a model's outputs, by name. */
final class ClassMap {
    private final int[] outputs;

    private ClassMap(int[] outputs) {
        this.outputs = outputs;
    }

    /** Finds each class among the model's; a model that has no names must have as many outputs as there are classes. */
    static ClassMap of(Model model, List<String> classes) {
        List<String> known = model.info().classes();
        if (known.isEmpty()) {
            int count = model.network().outputShape().size(-1);
            if (count != classes.size()) {
                throw new InputException("classes: the data has " + classes.size() + " classes, the model " + count
                        + " outputs without names");
            }
            return new ClassMap(IntStream.range(0, count).toArray());
        }
        Map<String, Integer> positions = new HashMap<>();
        for (int i = 0; i < known.size(); i++) {
            positions.putIfAbsent(known.get(i), i);
        }
        int[] outputs = new int[classes.size()];
        for (int i = 0; i < outputs.length; i++) {
            Integer position = positions.get(classes.get(i));
            if (position == null) {
                throw new InputException("classes: '" + classes.get(i) + "' of the data is none of the model's "
                        + known.size() + " classes");
            }
            outputs[i] = position;
        }
        return new ClassMap(outputs);
    }

    /** Whether the model's classes are these, in whatever order. */
    static boolean same(Model model, List<String> classes) {
        List<String> known = model.info().classes();
        return known.size() == classes.size() && new HashSet<>(known).equals(new HashSet<>(classes));
    }

    /** The model's output of one class of the data. */
    int output(int label) {
        return outputs[label];
    }

    /** The model's outputs of these labels. */
    int[] outputs(int[] labels) {
        return Arrays.stream(labels).map(label -> outputs[label]).toArray();
    }
}
