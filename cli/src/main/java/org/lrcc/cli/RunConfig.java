package org.lrcc.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.train.TrainConfig;

/**
 * All that a run was asked for, as {@code config.json} keeps it: enough to repeat the run or to go on with it.
 *
 * @param command the command line that began it
 * @param model the base network's file
 * @param adapter what training began from, or null
 * @param train folder or list
 * @param test folder or list, or null
 * @param images the folder that lists' files are below, or null
 * @param lowRank what was converted; null where training began from an adapter
 */
record RunConfig(
        String command,
        Path model,
        @Nullable Path adapter,
        Path train,
        @Nullable Path test,
        @Nullable Path images,
        @Nullable LowRankConfig lowRank,
        TrainConfig training,
        Preprocessing preprocessing) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final long MOST_BYTES = 1 << 20;

    /** The form in JSON. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Stored(
            String lrcc,
            String command,
            String model,
            @Nullable String adapter,
            String train,
            @Nullable String test,
            @Nullable String images,
            @JsonRawValue @Nullable String lowRank,
            @JsonRawValue String training,
            @JsonRawValue String preprocessing) {}

    String toJson() {
        Stored stored = new Stored(
                Version.number(),
                command,
                absolute(model),
                adapter == null ? null : absolute(adapter),
                absolute(train),
                test == null ? null : absolute(test),
                images == null ? null : absolute(images),
                lowRank == null ? null : lowRank.toJson(),
                training.toJson(),
                preprocessing.toJson());
        try {
            return JSON.writeValueAsString(JSON.readTree(JSON.writeValueAsString(stored))) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the run's configuration could not be written", e);
        }
    }

    /** Reads what {@link #toJson} wrote. */
    static RunConfig read(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new InputException(file + ": there is no such file, so there is no run to go on with");
            }
            if (Files.size(file) > MOST_BYTES) {
                throw new InputException(file + ": " + Files.size(file) + " bytes are no configuration");
            }
            JsonNode root = JSON.readTree(file.toFile());
            return new RunConfig(
                    text(root, "command"),
                    Path.of(text(root, "model")),
                    path(root, "adapter"),
                    Path.of(text(root, "train")),
                    path(root, "test"),
                    path(root, "images"),
                    root.has("lowRank")
                            ? LowRankConfig.fromJson(root.get("lowRank").toString())
                            : null,
                    TrainConfig.fromJson(root.path("training").toString()),
                    Preprocessing.fromJson(root.path("preprocessing").toString(), file.toString()));
        } catch (JsonProcessingException e) {
            throw new InputException(file + ": it is damaged: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new InputException(file + ": it cannot be read: " + e.getMessage(), e);
        }
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private static String text(JsonNode root, String key) {
        JsonNode value = root.path(key);
        if (!value.isTextual()) {
            throw new InputException("config.json: " + key + " is missing");
        }
        return value.textValue();
    }

    private static @Nullable Path path(JsonNode root, String key) {
        return root.hasNonNull(key) ? Path.of(text(root, key)) : null;
    }
}
