package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.safetensors.SafeTensors;

/** The greedy decomposition of one weight against the original's. */
record GoldenDecompose(GoldenCases golden, JsonNode c) {
    /** Of the largest element of UV. */
    private static final double UV_TOLERANCE = 1e-4;
    /** Masks may differ where the deviation is this near to lambda. */
    private static final double THRESHOLD_TOLERANCE = 1e-5;

    void run() {
        SafeTensors tensors = golden.tensors(c.path("case").asText());
        Tensor weight = tensors.floats("weight");
        int out = weight.shape().size(0);
        int in = weight.shape().size(1);
        int kernel = weight.shape().size(2);
        int rank = tensors.floats("V").shape().size(0);
        double lambda = c.path("lambda_s").asDouble();
        Layout layout = c.path("reshape_consecutive").asBoolean() ? Layout.SEPARABLE : Layout.FLAT;
        assertThat(config(layout).rankFor(out, in, kernel)).as("rank").isEqualTo(rank);
        float[] matrix = layout.toMatrix(weight.toFloats(), in, kernel);
        Factorizer.Problem problem = new Factorizer.Problem(
                matrix,
                layout.rows(out, kernel),
                layout.columns(in, kernel),
                rank,
                c.path("compress_step").asInt(),
                lambda,
                c.path("decompose_no_s").asBoolean(),
                0,
                0,
                tensors.floats("v0").toFloats());
        Factorization f;
        try (Kernels kernels = Backends.get().open()) {
            f = new GreedyFactorizer().factorize(problem, kernels, Factorizer.Progress.NONE);
        }
        Tensor expected = tensors.floats("UV");
        assertThat(expected.shape()).isEqualTo(Shape.of(f.rows(), f.columns()));
        float[] uv = product(f);
        double tolerance = UV_TOLERANCE * GoldenCases.largest(expected.toFloats());
        GoldenCases.assertClose("UV", uv, expected.toFloats(), tolerance);
        sparse(tensors, f, layout, matrix, expected.toFloats(), tolerance);
        boolean noise = c.path("keep_noise").asBoolean();
        assertThat(f.residual())
                .as("|W-UV|/|W|")
                .isCloseTo(c.path("residual_uv").asDouble(), within(1e-4));
        assertThat(noise ? 0 : f.residualSparse())
                .as("|W-UV-S|/|W|")
                .isCloseTo(c.path("residual_uv_s").asDouble(), within(1e-4));
        assertThat(f.mask().length).as("total").isEqualTo(c.path("total").asInt());
    }

    private LowRankConfig config(Layout layout) {
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_ALL).layout(layout);
        int given = c.path("r").asInt();
        return given > 0
                ? config.rank(given)
                : config.rankRatio(c.path("r_ratio").asDouble());
    }

    private void sparse(
            SafeTensors tensors, Factorization f, Layout layout, float[] matrix, float[] expectedUv, double tolerance) {
        int in = tensors.floats("weight").shape().size(1);
        int kernel = tensors.floats("weight").shape().size(2);
        float[] mask = layout.toMatrix(tensors.floats("mask").toFloats(), in, kernel);
        float[] s = layout.toMatrix(tensors.floats("S").toFloats(), in, kernel);
        float[] merged = layout.toMatrix(tensors.floats("merged").toFloats(), in, kernel);
        float[] uv = product(f);
        boolean noise = c.path("keep_noise").asBoolean();
        int masked = 0;
        int doubtful = 0;
        for (int i = 0; i < mask.length; i++) {
            double deviation = Math.abs((double) matrix[i] - expectedUv[i]);
            masked += f.mask()[i];
            if (f.mask()[i] != mask[i]) {
                doubtful++;
                assertThat(Math.abs(deviation - c.path("lambda_s").asDouble()))
                        .as("mask differs at element %s, where |W - UV| is %s", i, deviation)
                        .isLessThan(THRESHOLD_TOLERANCE);
                continue;
            }
            assertThat((double) f.s()[i]).as("S at %s", i).isCloseTo(mask[i] == 1 ? 0 : s[i], within(tolerance));
            assertThat((double) uv[i] + f.s()[i] + (noise ? f.noise()[i] : 0))
                    .as("merged at %s", i)
                    .isCloseTo(merged[i], within(tolerance));
        }
        assertThat(masked).as("masked").isCloseTo(c.path("masked").asInt(), within(doubtful));
        if (noise) {
            float[] expected = layout.toMatrix(tensors.floats("noise").toFloats(), in, kernel);
            if (doubtful == 0) {
                GoldenCases.assertClose("noise", f.noise(), expected, tolerance);
            }
        }
    }

    private static float[] product(Factorization f) {
        float[] uv = new float[f.rows() * f.columns()];
        for (int i = 0; i < f.rows(); i++) {
            for (int j = 0; j < f.columns(); j++) {
                double sum = 0;
                for (int t = 0; t < f.rank(); t++) {
                    sum += (double) f.u()[i * f.rank() + t] * f.v()[t * f.columns() + j];
                }
                uv[i * f.columns() + j] = (float) sum;
            }
        }
        return uv;
    }
}
