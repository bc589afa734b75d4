package org.lrcc.engine.cpu;

import org.lrcc.engine.spi.Activation;

/** Activations as the loops know them: a clamp with a slope below zero for the leaky ReLU, and bounds for the derivative. */
final class Activations {
    /** Clamp to {@code low .. high}; where {@code slope} is not one, negative values are multiplied by it afterwards. */
    record Clamp(float low, float high, float slope) {
        boolean leaks() {
            return slope != 1f;
        }
    }

    private Activations() {}

    static Clamp clamp(Activation a) {
        return switch (a.kind()) {
            case NONE -> new Clamp(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, 1f);
            case RELU -> new Clamp(0f, Float.POSITIVE_INFINITY, 1f);
            case CLIP -> new Clamp((float) a.a(), (float) a.b(), 1f);
            case LEAKY_RELU -> new Clamp(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, (float) a.a());
        };
    }

    static Loops.Bounds bounds(Activation a) {
        return switch (a.kind()) {
            case NONE -> new Loops.Bounds(Float.NEGATIVE_INFINITY, Float.NaN, 1f);
            case RELU -> new Loops.Bounds(0f, Float.NaN, 0f);
            case CLIP -> new Loops.Bounds((float) a.a(), (float) a.b(), 0f);
            case LEAKY_RELU -> new Loops.Bounds(0f, Float.NaN, (float) a.a());
        };
    }

    /** {@code y = x < 0 ? slope*x : x}; may be in place. */
    static void leak(float[] x, int xo, int n, float slope, float[] y, int yo) {
        for (int i = 0; i < n; i++) {
            float v = x[xo + i];
            y[yo + i] = v < 0 ? slope * v : v;
        }
    }
}
