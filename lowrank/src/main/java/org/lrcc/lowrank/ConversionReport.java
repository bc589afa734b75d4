package org.lrcc.lowrank;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What conversion did, or would do, to each convolution and what it comes to.
 *
 * @param mode the mode's name
 * @param layers the convolutions, in the network's order
 * @param parametersBefore parameters of the whole network before, running statistics left out
 * @param parametersAfter after: all of U, V, entries of S that are on, noise, W where it is kept, and everything that was not converted
 * @param trainable elements that train, entries of S that are off left out
 */
public record ConversionReport(
        String mode, List<Layer> layers, long parametersBefore, long parametersAfter, long trainable) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Copies the list. */
    public ConversionReport {
        layers = List.copyOf(layers);
    }

    /** What becomes of a convolution. */
    public enum Action {
        /** Made low-rank. */
        @JsonProperty("converted")
        CONVERTED,
        /** Not meant by the patterns (or the mode): trains whole. */
        @JsonProperty("ignored")
        IGNORED,
        /** Frozen as it is. */
        @JsonProperty("fixed")
        FIXED,
        /** Cannot be converted: trains whole. */
        @JsonProperty("left alone")
        LEFT_ALONE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /**
     * One convolution.
     *
     * @param name its name
     * @param weight its weight's shape, {@code [out, in, k, k]}
     * @param action what became of it
     * @param reason why, in words
     * @param rank of U·V; 0 where not converted
     * @param parametersBefore weight and bias
     * @param parametersAfter as for the whole
     * @param trainable as for the whole
     * @param method of the decomposition, or null where there is none (yet)
     * @param density share of S that is on, or null where there is no decomposition (yet)
     * @param sparse how S lies in memory: {@code dense} or {@code compact}; null where there is none (yet)
     * @param residual |W - UV| / |W|, or null
     * @param residualSparse |W - UV - S| / |W|, or null
     * @param objective sum of min((W - UV)², lambda²), or null
     * @param seconds time of the decomposition, or null
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Layer(
            String name,
            String weight,
            Action action,
            String reason,
            int rank,
            long parametersBefore,
            long parametersAfter,
            long trainable,
            @Nullable String method,
            @Nullable Double density,
            @Nullable String sparse,
            @Nullable Double residual,
            @Nullable Double residualSparse,
            @Nullable Double objective,
            @Nullable Double seconds) {}

    /** Number of layers with this action. */
    public long count(Action action) {
        return layers.stream().filter(layer -> layer.action() == action).count();
    }

    /** The report as JSON. */
    public String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A table with one line a layer and one of totals. */
    @Override
    public String toString() {
        int width = layers.stream().mapToInt(l -> l.name().length()).max().orElse(5);
        String format = "%-" + Math.max(width, 5) + "s  %-18s %-10s %5s %11s %11s %11s %8s %8s %9s %11s %9s %8s  %s%n";
        StringBuilder text = new StringBuilder(String.format(
                format,
                "layer",
                "weight",
                "action",
                "rank",
                "before",
                "after",
                "trainable",
                "density",
                "S lies",
                "|W-UV|",
                "|W-UV-S|",
                "F",
                "seconds",
                "why"));
        for (Layer l : layers) {
            text.append(String.format(
                    format,
                    l.name(),
                    l.weight(),
                    l.action(),
                    l.rank() == 0 ? "" : Integer.toString(l.rank()),
                    count(l.parametersBefore()),
                    count(l.parametersAfter()),
                    count(l.trainable()),
                    number("%.3f", l.density()),
                    l.sparse() == null ? "" : l.sparse(),
                    number("%.4f", l.residual()),
                    number("%.4f", l.residualSparse()),
                    number("%.4f", l.objective()),
                    number("%.2f", l.seconds()),
                    l.action() == Action.CONVERTED ? "" : l.reason()));
        }
        return text
                + String.format(
                        Locale.ROOT,
                        "%s: %d converted, %d ignored, %d fixed, %d left alone; parameters %,d -> %,d, %,d trainable (%.1f %%)%n",
                        mode,
                        count(Action.CONVERTED),
                        count(Action.IGNORED),
                        count(Action.FIXED),
                        count(Action.LEFT_ALONE),
                        parametersBefore,
                        parametersAfter,
                        trainable,
                        parametersBefore == 0 ? 0 : 100.0 * trainable / parametersBefore);
    }

    private static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String number(String format, @Nullable Double value) {
        return value == null ? "" : String.format(Locale.ROOT, format, value);
    }
}
