package org.lrcc.engine.op;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lrcc.engine.InputException;

/**
 * In which order a low-rank convolution multiplies, for each pass. All orders give the same up to rounding.
 *
 * @param forward the output
 * @param inputGradient the gradient of x
 * @param parameterGradient the gradients of U and V
 */
public record LowRankPlan(Way forward, Way inputGradient, Way parameterGradient) {
    /** An order. */
    public enum Way {
        /** The weight is composed, and the convolution is a dense one; U and V get their gradients from the weight's. */
        COMPOSED,
        /** Two small convolutions, see {@link Factors}; U and V get theirs from the values between the two. */
        FACTORED,
        /** The gradients of U and V alone, both in one pass over the input and the output's gradient, see {@link org.lrcc.engine.spi.LowRankGradients}. */
        FUSED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final List<Way> CHAIN = List.of(Way.COMPOSED, Way.FACTORED);

    /** Checks that only parameters' gradients are fused. */
    public LowRankPlan {
        if (forward == Way.FUSED || inputGradient == Way.FUSED) {
            throw new InputException("low-rank plan " + forward + "/" + inputGradient + "/" + parameterGradient
                    + ": only the gradients of U and V can be fused");
        }
    }

    /** All that there are. */
    public static List<LowRankPlan> all() {
        List<LowRankPlan> plans = new ArrayList<>();
        for (Way forward : CHAIN) {
            for (Way input : CHAIN) {
                for (Way parameters : Way.values()) {
                    plans.add(new LowRankPlan(forward, input, parameters));
                }
            }
        }
        return plans;
    }

    /** The same way for each pass. */
    public static LowRankPlan of(Way way) {
        return new LowRankPlan(way, way, way);
    }

    @Override
    public String toString() {
        return forward + "/" + inputGradient + "/" + parameterGradient;
    }
}
