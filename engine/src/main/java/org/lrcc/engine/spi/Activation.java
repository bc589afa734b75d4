package org.lrcc.engine.spi;

import org.lrcc.engine.InputException;

/**
 * A pointwise function with a derivative that can be read off its value, so that backward needs the output alone.
 *
 * @param kind which function
 * @param a lower bound (clip) or slope for negative values (leaky relu)
 * @param b upper bound (clip)
 */
public record Activation(Kind kind, double a, double b) {
    /** The functions. */
    public enum Kind {
        /** y = x. */
        NONE,
        /** y = max(x, 0). */
        RELU,
        /** y = min(max(x, a), b). */
        CLIP,
        /** y = x where x is positive, else a x. */
        LEAKY_RELU
    }

    /** Checks the values: the bounds of a clip in order, the slope of a leaky relu above 0. */
    public Activation {
        if (kind == Kind.CLIP && !(a <= b)) {
            throw new InputException("clip: the lower bound " + a + " must not be above the upper bound " + b);
        }
        if (kind == Kind.LEAKY_RELU && !(a > 0)) {
            throw new InputException("leakyRelu: slope " + a + " must be above 0");
        }
    }

    /** The identity. */
    public static final Activation NONE = new Activation(Kind.NONE, 0, 0);
    /** max(x, 0). */
    public static final Activation RELU = new Activation(Kind.RELU, 0, 0);

    /** min(max(x, low), high); relu6 is {@code clip(0, 6)}. */
    public static Activation clip(double low, double high) {
        return new Activation(Kind.CLIP, low, high);
    }

    /** x where x is positive, else {@code slope * x}; the slope is positive. */
    public static Activation leakyRelu(double slope) {
        return new Activation(Kind.LEAKY_RELU, slope, 0);
    }

    /** The value at x. NaN stays NaN. */
    public double f(double x) {
        return switch (kind) {
            case NONE -> x;
            case RELU -> x < 0 ? 0 : x;
            case CLIP -> x < a ? a : x > b ? b : x;
            case LEAKY_RELU -> x < 0 ? a * x : x;
        };
    }

    /** The derivative where the value is y. */
    public double df(double y) {
        return switch (kind) {
            case NONE -> 1;
            case RELU -> y > 0 ? 1 : 0;
            case CLIP -> y > a && y < b ? 1 : 0;
            case LEAKY_RELU -> y > 0 ? 1 : a;
        };
    }
}
