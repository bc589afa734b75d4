package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.onnx.Onnx;

/** The methods on weights that somebody trained: the first stages of a ResNet18. */
@Tag("long")
class RealWeightsTest {
    @Test
    void acceleratedEndsBelowGreedyOnEveryLayer() throws IOException {
        Path file = Path.of(System.getProperty("lrcc.shared", "../../shared"), "weights", "resnet18.onnx.gz");
        assumeTrue(Files.exists(file), "shared weights are not here: " + file);
        Model model;
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            model = Onnx.parse(in.readAllBytes()).model();
        }
        double greedy = 0;
        double accelerated = 0;
        List<ConversionReport.Layer> before = layers(model, "greedy");
        List<ConversionReport.Layer> after = layers(model, "accelerated");
        assertThat(after).hasSize(6).hasSameSizeAs(before);
        for (int i = 0; i < after.size(); i++) {
            assertThat(after.get(i).objective())
                    .as(after.get(i).name())
                    .isLessThanOrEqualTo(before.get(i).objective());
            greedy += before.get(i).objective();
            accelerated += after.get(i).objective();
        }
        assertThat(accelerated).isLessThan(0.8 * greedy);
    }

    /** The small layers: greedy takes a second for them and minutes for the others. */
    private static List<ConversionReport.Layer> layers(Model model, String method) {
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_U_S)
                .method(method)
                .convert("layer1", "layer2.0.downsample", "layer2.0.conv1");
        return LowRank.convert(model, config, ConversionProgress.NONE).report().layers().stream()
                .filter(layer -> layer.objective() != null)
                .toList();
    }
}
