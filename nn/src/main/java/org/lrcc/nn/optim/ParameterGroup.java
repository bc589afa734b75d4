package org.lrcc.nn.optim;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.jspecify.annotations.Nullable;
import org.lrcc.nn.NamePattern;

/**
 * Parameters that learn at another pace than the rest.
 *
 * @param pattern which, as {@link NamePattern} reads it; of several groups the first that matches counts
 * @param rateFactor their learning rate is the schedule's times this, 0 or more
 * @param weightDecay their weight decay, or null for the optimizer's
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ParameterGroup(
        String pattern,
        double rateFactor,
        @JsonSetter(nulls = Nulls.SET) @Nullable Double weightDecay) {
    /** Checks pattern and ranges. */
    public ParameterGroup {
        new NamePattern(pattern);
        Checks.notNegative("parameter group '" + pattern + "': rate factor", rateFactor);
        if (weightDecay != null) {
            Checks.notNegative("parameter group '" + pattern + "': weight decay", weightDecay);
        }
    }

    /** A group with a learning rate of its own. */
    public static ParameterGroup rate(String pattern, double rateFactor) {
        return new ParameterGroup(pattern, rateFactor, null);
    }

    /** A group with a weight decay of its own. */
    public static ParameterGroup decay(String pattern, double weightDecay) {
        return new ParameterGroup(pattern, 1, weightDecay);
    }

    boolean matches(String name) {
        return new NamePattern(pattern).matches(name);
    }
}
