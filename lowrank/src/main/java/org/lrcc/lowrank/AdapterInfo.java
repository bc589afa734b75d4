package org.lrcc.lowrank;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.safetensors.SafeTensors;

/**
 * What an adapter file says of itself beside its tensors.
 *
 * @param config how its model was converted
 * @param base SHA-256 of the base's weights, in hexadecimal
 * @param ranks of the low-rank layers, by name
 * @param head name of the layer that gives the classes, or null
 * @param classes names of the outputs; empty where they are not known
 * @param preprocessing how images become its input
 */
public record AdapterInfo(
        LowRankConfig config,
        String base,
        Map<String, Integer> ranks,
        @Nullable String head,
        List<String> classes,
        Preprocessing preprocessing) {
    private static final String KEY = "lrcc.adapter";
    private static final int FORMAT = 1;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Copies the collections. */
    public AdapterInfo {
        ranks = new TreeMap<>(ranks);
        classes = List.copyOf(classes);
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Stored(
            int format,
            @Nullable String base,
            @JsonRawValue @Nullable Object config,
            @Nullable Map<String, Integer> layers,
            @Nullable String head,
            @Nullable List<String> classes,
            @Nullable Preprocessing preprocessing) {}

    Map<String, String> toMetadata() {
        try {
            Stored stored = new Stored(FORMAT, base, config.toJson(), ranks, head, classes, preprocessing);
            return Map.of("format", "pt", KEY, JSON.writeValueAsString(stored));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads what a file says; throws where it is no adapter of this format. */
    static AdapterInfo of(SafeTensors file) {
        String json = file.metadata().get(KEY);
        if (json == null) {
            throw new InputException("adapter " + file.path() + ": it is a safetensors file, but no adapter");
        }
        return parse(file.path(), json);
    }

    private static AdapterInfo parse(Path file, String json) {
        try {
            JsonNode root = JSON.readTree(json);
            if (root.path("format").asInt() != FORMAT) {
                throw new InputException(
                        "format " + root.path("format") + " is unknown, only " + FORMAT + " can be read");
            }
            Stored stored = JSON.treeToValue(root, Stored.class);
            if (stored.base == null
                    || stored.layers == null
                    || stored.preprocessing == null
                    || stored.classes == null) {
                throw new InputException("base, layers, classes and preprocessing are needed");
            }
            if (stored.layers.containsValue(null) || stored.classes.stream().anyMatch(Objects::isNull)) {
                throw new InputException("a rank or a class is null");
            }
            LowRankConfig config = LowRankConfig.fromJson(root.path("config").toString());
            return new AdapterInfo(
                    config, stored.base, stored.layers, stored.head, stored.classes, stored.preprocessing);
        } catch (JsonProcessingException e) {
            throw new InputException("adapter " + file + ": " + e.getOriginalMessage(), e);
        } catch (InputException e) {
            throw new InputException("adapter " + file + ": " + e.getMessage(), e);
        }
    }
}
