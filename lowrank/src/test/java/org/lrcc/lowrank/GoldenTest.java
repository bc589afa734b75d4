package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** The project computes what the original tool computed. */
class GoldenTest {
    @TestFactory
    Stream<DynamicTest> cases() throws IOException {
        GoldenCases golden = GoldenCases.read();
        assertThat(golden.cases()).as("cases in %s", golden.folder()).isNotEmpty();
        return golden.cases().stream()
                .map(c -> DynamicTest.dynamicTest(c.path("case").asText("(no name)"), test(golden, c)));
    }

    private static Executable test(GoldenCases golden, JsonNode c) {
        String kind = c.path("kind").asText();
        return switch (kind) {
            case "decompose" -> () -> new GoldenDecompose(golden, c).run();
            case "conv" -> () -> new GoldenConv(golden, c).run();
            case "onnx" -> () -> new GoldenNetwork(golden, c).logits();
            case "train" -> () -> new GoldenTraining(golden, c).run();
            default ->
                () -> {
                    throw new AssertionError("case of unknown kind '" + kind + "'");
                };
        };
    }
}
