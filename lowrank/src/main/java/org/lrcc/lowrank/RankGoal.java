package org.lrcc.lowrank;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;
import org.lrcc.engine.InputException;

/**
 * What ranks are chosen for, layer by layer, instead of being given.
 *
 * @param kind what is to be reached
 * @param value the target
 */
public record RankGoal(Kind kind, double value) {
    /** What is to be reached. */
    public enum Kind {
        /** In each layer |W - UV| / |W| of at most the target (Frobenius; what S adds is not counted), at the lowest rank. */
        @JsonProperty("residual")
        RESIDUAL,
        /**
         * Over all converted layers together at most so many elements of U, V and S, dealt out by how much a parameter lowers F there.
         */
        @JsonProperty("params")
        PARAMS,
        /** In each layer at least this part of the sum of the squared singular values, at the lowest rank. */
        @JsonProperty("energy")
        ENERGY;

        @Override
        public String toString() {
            return (this == ENERGY ? "" : "target ") + name().toLowerCase(Locale.ROOT);
        }
    }

    /** Checks the range. */
    public RankGoal {
        boolean inRange = switch (kind) {
            case RESIDUAL -> value > 0 && value < 1;
            case PARAMS -> value >= 1 && value <= Long.MAX_VALUE / 2;
            case ENERGY -> value > 0 && value <= 1;
        };
        if (!inRange) {
            String rule = switch (kind) {
                case RESIDUAL -> "above 0 and below 1";
                case PARAMS -> "at least 1";
                case ENERGY -> "above 0 and at most 1";
            };
            throw new InputException(kind + ": must be " + rule + ", got " + value);
        }
    }

    /** |W - UV| / |W| of at most this in each layer. */
    public static RankGoal residual(double value) {
        return new RankGoal(Kind.RESIDUAL, value);
    }

    /** At most so many elements of U, V and S in all converted layers together. */
    public static RankGoal params(long value) {
        return new RankGoal(Kind.PARAMS, value);
    }

    /** At least this part of the squared singular values in each layer. */
    public static RankGoal energy(double value) {
        return new RankGoal(Kind.ENERGY, value);
    }
}
