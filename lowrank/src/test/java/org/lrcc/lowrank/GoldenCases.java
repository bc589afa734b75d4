package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.safetensors.SafeTensors;
import org.lrcc.testdata.TestData;

/** A folder of cases recorded from the original tool; -Dlrcc.golden=DIR names another than the one in testdata. */
record GoldenCases(Path folder, List<JsonNode> cases) {
    /** conv, logits and states after training, as DESIGN has it; of the largest expected element where that is above 1. */
    static final double TOLERANCE = 1e-4;

    static GoldenCases read() throws IOException {
        String named = System.getProperty("lrcc.golden", "");
        Path folder = named.isEmpty() ? TestData.golden() : Path.of(named);
        List<JsonNode> cases = new ArrayList<>();
        new ObjectMapper()
                .readTree(folder.resolve("cases.json").toFile())
                .path("cases")
                .forEach(cases::add);
        return new GoldenCases(folder, cases);
    }

    SafeTensors tensors(String name) {
        return SafeTensors.read(folder.resolve(name + ".safetensors"));
    }

    JsonNode named(String name) {
        return cases.stream()
                .filter(c -> c.path("case").asText().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no case " + name));
    }

    static List<String> strings(JsonNode array) {
        List<String> all = new ArrayList<>();
        array.forEach(node -> all.add(node.asText()));
        return all;
    }

    /** The tensors whose names begin with {@code prefix}, without it. */
    static Map<String, Tensor> below(SafeTensors tensors, String prefix) {
        Map<String, Tensor> found = new HashMap<>();
        for (String name : new TreeSet<>(tensors.names())) {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), tensors.floats(name));
            }
        }
        return found;
    }

    static void assertClose(String what, Tensor actual, Tensor expected) {
        assertThat(actual.shape()).as(what).isEqualTo(expected.shape());
        assertClose(
                what, actual.toFloats(), expected.toFloats(), TOLERANCE * Math.max(1, largest(expected.toFloats())));
    }

    static void assertClose(String what, float[] actual, float[] expected, double tolerance) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        double worst = 0;
        int where = 0;
        for (int i = 0; i < actual.length; i++) {
            double difference = Math.abs((double) actual[i] - expected[i]);
            if (!(difference <= worst)) {
                worst = difference;
                where = i;
            }
        }
        assertThat(worst)
                .as("%s: largest difference, at element %s of %s", what, where, actual.length)
                .isLessThanOrEqualTo(tolerance);
    }

    static double largest(float[] values) {
        double largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
