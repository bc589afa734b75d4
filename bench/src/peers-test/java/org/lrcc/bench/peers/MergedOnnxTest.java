package org.lrcc.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.network.Heads;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.nn.safetensors.SafeTensors;
import org.lrcc.testdata.TestData;

/** What we export computes the same in ONNX Runtime as the adapted network does here. */
class MergedOnnxTest {
    private static final double TOLERANCE = 1e-4;

    @ParameterizedTest
    @ValueSource(strings = {"full", "lora_mode", "tune_U_S", "fix_sparse"})
    void mergedNetworkGivesTheSameLogitsInOnnxRuntime(String mode, @TempDir Path folder)
            throws OrtException, IOException {
        Path demo = TestData.demo();
        Model base = Heads.replace(Onnx.load(demo.resolve("thin_resnet18.onnx")), List.of("cat", "dog", "owl"), 3);
        Model adapted = LowRank.convert(
                base,
                LowRankConfig.of(TuneMode.parse(mode)).ignore("downsample").steps(2));
        if (mode.equals("lora_mode")) {
            disturb(adapted, "layer1.0.conv1.lora_B");
        }
        Tensor x =
                SafeTensors.read(demo.resolve("thin_resnet18.io.safetensors")).floats("x");
        Path file = folder.resolve("merged.onnx");

        Onnx.save(LowRank.merge(adapted), file);

        float[] ours = logits(adapted, x);
        assertThat(onnxRuntime(file, x)).hasSameSizeAs(ours);
        assertThat(largestDifference(onnxRuntime(file, x), ours)).isLessThan(TOLERANCE);
    }

    /** U begins at zero in lora_mode: without a change the adapter would add nothing. */
    private static void disturb(Model model, String name) {
        float[] values = model.state().get(name).toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.01f * ((i * 7) % 13 - 6);
        }
        model.state()
                .update(name, Tensor.of(values, model.state().get(name).shape().sizes()));
    }

    private static float[] logits(Model model, Tensor x) {
        try (Kernels kernels = Backends.get().open()) {
            return model.network()
                    .prepare(Backends.get(), Mode.EVAL, x.shape())
                    .run(kernels, model.state(), x)
                    .toFloats();
        }
    }

    private static float[] onnxRuntime(Path file, Tensor x) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        long[] shape = {
            x.shape().size(0), x.shape().size(1), x.shape().size(2), x.shape().size(3)
        };
        try (OrtSession session = environment.createSession(file.toString());
                OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(x.toFloats()), shape);
                OrtSession.Result result =
                        session.run(Map.of(session.getInputNames().iterator().next(), input))) {
            FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] logits = new float[values.remaining()];
            values.get(logits);
            return logits;
        }
    }

    private static double largestDifference(float[] a, float[] b) {
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }
}
