package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class InfoCommandTest {
    @Test
    void showsLayersCostAndWhatWouldBeConverted() {
        Run run = Run.of("info", Demo.MODEL, "--ignore", "downsample");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains(
                        "layer1.0.conv1",
                        "multiply-adds an image",
                        "batch norm is kept",
                        "What lora_mode would convert:")
                .contains("17 converted, 3 ignored, 0 fixed, 0 left alone");
    }

    @Test
    void answersAsJson() throws IOException {
        Run run = Run.of("info", Demo.MODEL, "--json", "--mode", "tune_U_S", "--rank", 4);
        JsonNode answer = new ObjectMapper().readTree(run.out());
        assertThat(answer.get("outputs").asInt()).isEqualTo(81);
        assertThat(answer.get("layers").get(0).get("name").asText()).isEqualTo("conv1");
        assertThat(answer.get("conversion").get("mode").asText()).isEqualTo("tune_U_S");
        assertThat(answer.get("conversion").get("layers").get(3).get("rank").asInt())
                .isEqualTo(4);
    }

    @Test
    void aPatternThatMatchesNothingIsNamed() {
        Run run = Run.of("info", Demo.MODEL, "--ignore", "layer9");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.err()).contains("layer9");
    }
}
