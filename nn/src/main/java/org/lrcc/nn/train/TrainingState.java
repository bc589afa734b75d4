package org.lrcc.nn.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.NamePattern;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.State;
import org.lrcc.nn.optim.FlatOptimizer;
import org.lrcc.nn.safetensors.TensorDigest;

/** The tensors of a run: those that training changes are copies, flat where they train; the others are shared with the model that was given. */
final class TrainingState {
    private final Model given;
    private final State state;
    private final FlatParameters flat;
    private @Nullable String baseDigest;

    /** Takes a model over, some of whose parameters are frozen by name. */
    TrainingState(Model given, List<String> freeze) {
        this.given = given;
        List<NamePattern> patterns = NamePattern.of(freeze);
        for (NamePattern pattern : patterns) {
            if (given.state().names().stream().noneMatch(pattern::matches)) {
                throw new InputException("train: freeze pattern '" + pattern + "' matches none of the model's "
                        + given.state().names().size() + " tensors");
            }
        }
        State shared = given.state()
                .withTrainable(name ->
                        given.state().trainable(name) && patterns.stream().noneMatch(pattern -> pattern.matches(name)));
        Map<String, Tensor> own = new LinkedHashMap<>();
        for (String name : shared.names()) {
            if (shared.trainable(name) || shared.role(name) == Role.BUFFER) {
                own.put(name, shared.get(name));
            }
        }
        this.state = shared.overlay(own);
        this.flat = state.flatten();
        if (flat.names().isEmpty()) {
            throw new InputException("train: nothing is left to train, all of the model's "
                    + given.state().names().size() + " tensors are frozen");
        }
    }

    /** Moves what training changes into a session's memory, until {@link #moveToHeap}, and makes the optimizer, whose slots stand beside it. */
    FlatOptimizer optimizer(Kernels k, TrainConfig config) {
        flat.moveTo(k);
        state.moveTo(k, name -> state.role(name) == Role.BUFFER);
        return new FlatOptimizer(config.optimizer(), config.groups(), flat);
    }

    /** Brings the tensors back at the end of a run, whose optimizer is of no use after that. */
    void moveToHeap() {
        state.moveToHeap();
    }

    State state() {
        return state;
    }

    FlatParameters flat() {
        return flat;
    }

    /** The model over the tensors as they are. */
    Model model() {
        return given.with(state.withTrainable(given.state()::trainable));
    }

    /** The tensors that training changes, by name; views. */
    Map<String, Tensor> changing() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : state.names()) {
            if (flat.has(name) || state.role(name) == Role.BUFFER) {
                tensors.put(name, state.get(name));
            }
        }
        return tensors;
    }

    /** The first of the tensors that training changes that has values which are not finite, or null. */
    @Nullable
    String notFinite() {
        for (Map.Entry<String, Tensor> entry : changing().entrySet()) {
            if (!Diagnosis.isFinite(entry.getValue())) {
                return entry.getKey();
            }
        }
        return null;
    }

    /** Copies of the tensors that training changes. */
    Map<String, Tensor> snapshot() {
        Map<String, Tensor> copies = new LinkedHashMap<>();
        changing().forEach((name, tensor) -> copies.put(name, tensor.copy()));
        return copies;
    }

    /** Brings back what {@link #snapshot} or a checkpoint holds. */
    void restore(Map<String, Tensor> tensors, String source) {
        for (Map.Entry<String, Tensor> mine : changing().entrySet()) {
            Tensor value = tensors.get(mine.getKey());
            Shape shape = mine.getValue().shape();
            if (value == null || !value.shape().equals(shape)) {
                throw new InputException(source + ": tensor '" + mine.getKey() + "' "
                        + (value == null ? "is missing" : "has shape " + value.shape() + ", the model's " + shape));
            }
            state.update(mine.getKey(), value);
        }
        for (String name : tensors.keySet()) {
            if (!changing().containsKey(name)) {
                throw new InputException(source + ": tensor '" + name + "' is none that this run changes");
            }
        }
    }

    /** A digest of the tensors that training does not change. */
    String baseDigest() {
        String known = baseDigest;
        if (known == null) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            state.names().forEach(name -> tensors.put(name, state.get(name)));
            tensors.keySet().removeAll(changing().keySet());
            known = TensorDigest.sha256(tensors);
            baseDigest = known;
        }
        return known;
    }
}
