package org.lrcc.nn.train;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.safetensors.SafeTensors;
import org.lrcc.nn.safetensors.TensorDigest;

/**
 * Everything that a run needs to go on to the same bits, taken between two steps. One safetensors file: the tensors that training changes
 * ({@code model/NAME}), what the optimizer remembers ({@code optimizer/SLOT/NAME}), the best epoch's tensors ({@code best/NAME}), and {@link Meta} as JSON in the metadata.
 * Random numbers need no place: they are functions of seed, epoch, step and sample.
 *
 * <p>A file is written aside, synced and renamed; the one before it is kept beside it under {@link #previous}.
 *
 * @param meta where the run stands
 * @param model tensors by name
 * @param slots tensors by slot and parameter name
 * @param best tensors by name; empty where there is no best epoch
 */
public record Checkpoint(
        Meta meta, Map<String, Tensor> model, Map<String, Map<String, Tensor>> slots, Map<String, Tensor> best) {
    private static final String KEY = "lrcc.checkpoint";
    private static final String DIGEST = "lrcc.checkpoint.sha256";
    private static final String MODEL = "model/";
    private static final String OPTIMIZER = "optimizer/";
    private static final String BEST = "best/";
    static final int FORMAT = 2;

    /**
     * Where a run stands.
     *
     * @param format version of this format
     * @param config of the run
     * @param classes of the data
     * @param base digest of the tensors that training does not change, and of the structure
     * @param data digest of the training samples' names and labels
     * @param epoch current epoch, from 0
     * @param batch next batch of it
     * @param step steps taken in all
     * @param optimizerSteps steps that the optimizer counts
     * @param lossSum loss times samples, summed over the current epoch so far
     * @param correct samples of the current epoch so far that were recognised
     * @param seen samples of the current epoch so far
     * @param seconds of the current epoch so far
     * @param waiting seconds of it for images
     * @param bestEpoch the best epoch so far, from 1, or 0 for none
     * @param bestScore its score, or null
     * @param history of the epochs done
     */
    public record Meta(
            int format,
            TrainConfig config,
            List<String> classes,
            String base,
            String data,
            int epoch,
            int batch,
            long step,
            int optimizerSteps,
            double lossSum,
            int correct,
            int seen,
            double seconds,
            double waiting,
            int bestEpoch,
            @JsonSetter(nulls = Nulls.SET) EpochRecord.@Nullable Score bestScore,
            List<EpochRecord> history) {
        /** Copies the lists; a file that leaves something out is refused here. */
        public Meta {
            Objects.requireNonNull(config, "config");
            Objects.requireNonNull(base, "base");
            Objects.requireNonNull(data, "data");
            classes = List.copyOf(classes);
            history = List.copyOf(history);
        }
    }

    /** Where the checkpoint before {@code file} is kept. */
    public static Path previous(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return file.resolveSibling(
                dot < 0 ? name + ".previous" : name.substring(0, dot) + ".previous" + name.substring(dot));
    }

    /** Writes the checkpoint; {@code file} is always a whole one, the old or the new. */
    public void write(Path file) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        model.forEach((name, tensor) -> all.put(MODEL + name, tensor));
        slots.forEach((slot, of) -> of.forEach((name, tensor) -> all.put(OPTIMIZER + slot + "/" + name, tensor)));
        best.forEach((name, tensor) -> all.put(BEST + name, tensor));
        Map<String, String> metadata = new LinkedHashMap<>();
        try {
            String json = Json.MAPPER.writeValueAsString(meta);
            metadata.put(KEY, json);
            metadata.put(DIGEST, digest(json, all));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("checkpoint " + file + ": " + e.getOriginalMessage(), e);
        }
        keep(file);
        SafeTensors.write(file, all, metadata);
    }

    /** Of all that the file holds. */
    private static String digest(String meta, Map<String, Tensor> tensors) {
        Map<String, Tensor> all = new LinkedHashMap<>(tensors);
        byte[] bytes = meta.getBytes(StandardCharsets.UTF_8);
        all.put(KEY, Tensor.of(bytes, bytes.length));
        return TensorDigest.sha256(all);
    }

    /** Gives the file that is there a second name, under which it outlives being replaced. */
    private static void keep(Path file) {
        if (!Files.exists(file)) {
            return;
        }
        Path previous = previous(file);
        try {
            Files.deleteIfExists(previous);
            try {
                // Of the file itself: a second name of a symbolic link would lead to what replaces it.
                Files.createLink(previous, file.toRealPath());
            } catch (IOException | UnsupportedOperationException noLinks) {
                Files.copy(file, previous, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new FailureException("checkpoint " + file + ": the one before cannot be kept as " + previous, e);
        }
    }

    /**
     * Reads a checkpoint.
     *
     * @throws InputException if there is none or it is torn, corrupt or of another version; it names the one before where that is kept
     */
    public static Checkpoint read(Path file) {
        try {
            return parse(file, SafeTensors.read(file));
        } catch (InputException e) {
            Path previous = previous(file);
            throw Files.exists(previous)
                    ? new InputException(e.getMessage() + "; the checkpoint before it is " + previous, e)
                    : e;
        }
    }

    private static Checkpoint parse(Path file, SafeTensors stored) {
        String json = stored.metadata().get(KEY);
        if (json == null) {
            throw new InputException("checkpoint " + file + ": it is no checkpoint, its metadata has no " + KEY);
        }
        if (!digest(json, stored.tensors()).equals(stored.metadata().get(DIGEST))) {
            throw new InputException("checkpoint " + file + ": it is corrupt, its content is not that of its digest");
        }
        Meta meta = meta(file, json);
        Map<String, Tensor> model = new LinkedHashMap<>();
        Map<String, Map<String, Tensor>> slots = new LinkedHashMap<>();
        Map<String, Tensor> best = new LinkedHashMap<>();
        stored.tensors().forEach((name, tensor) -> {
            if (name.startsWith(MODEL)) {
                model.put(name.substring(MODEL.length()), tensor);
            } else if (name.startsWith(BEST)) {
                best.put(name.substring(BEST.length()), tensor);
            } else if (name.startsWith(OPTIMIZER) && name.indexOf('/', OPTIMIZER.length()) > 0) {
                int slash = name.indexOf('/', OPTIMIZER.length());
                slots.computeIfAbsent(name.substring(OPTIMIZER.length(), slash), unused -> new LinkedHashMap<>())
                        .put(name.substring(slash + 1), tensor);
            } else {
                throw new InputException("checkpoint " + file + ": tensor '" + name + "' does not belong here");
            }
        });
        return new Checkpoint(meta, model, slots, best);
    }

    private static Meta meta(Path file, String json) {
        try {
            int format = Json.MAPPER.readTree(json).path("format").asInt();
            if (format != FORMAT) {
                throw new InputException(
                        "checkpoint " + file + ": its format is " + format + ", this version reads " + FORMAT);
            }
            Meta meta = Json.MAPPER.readValue(json, Meta.class);
            TrainConfig checked = TrainConfig.fromJson(meta.config.toJson());
            boolean placed = meta.epoch >= 0
                    && meta.epoch <= checked.epochs()
                    && meta.batch >= 0
                    && meta.step >= 0
                    && meta.optimizerSteps >= 0
                    && meta.history.size() == meta.epoch
                    && meta.bestEpoch >= 0
                    && meta.bestEpoch <= meta.epoch;
            if (!placed) {
                throw new InputException("checkpoint " + file + ": it stands at epoch " + meta.epoch + ", batch "
                        + meta.batch + ", step " + meta.step + ", which is not within its run");
            }
            return meta;
        } catch (JsonProcessingException e) {
            throw new InputException(
                    "checkpoint " + file + ": its metadata is not as written: "
                            + e.getOriginalMessage().lines().findFirst().orElse(""),
                    e);
        }
    }
}
