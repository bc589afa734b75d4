package org.lrcc.nn.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.Role;

/**
 * A model's tensors by name: parameters and running statistics, each with a role and a version.
 *
 * <p>Tensors are changed only through {@link #update} or, all trainable ones at once, through {@link FlatParameters}; both raise versions, and what was {@link #derived}
 * from the tensors is computed anew. Several states may share tensors ({@link #overlay}, {@link #withTrainable}): a change shows in all of them. Not for
 * concurrent change; reading from several threads is safe.
 */
public final class State {
    /** A tensor with its version; shared between states. */
    static final class Cell {
        Tensor value;
        long version;

        Cell(Tensor value) {
            this.value = value;
        }
    }

    private record Entry(Cell cell, Role role, boolean trainable) {}

    private record Derived(long[] versions, Object value) {}

    private final Map<String, Entry> entries;
    private final Map<Object, Derived> derived = new HashMap<>();

    private State(Map<String, Entry> entries) {
        this.entries = entries;
    }

    /** A state to be filled. */
    public static Builder builder() {
        return new Builder();
    }

    /** All names, in the order they were put. */
    public List<String> names() {
        return List.copyOf(entries.keySet());
    }

    /** Whether there is a tensor of this name. */
    public boolean has(String name) {
        return entries.containsKey(name);
    }

    /** The tensor of this name; only to be read. It may move when the state is flattened, so do not keep it. */
    public Tensor get(String name) {
        return entry(name).cell.value;
    }

    /** What the tensor is for. */
    public Role role(String name) {
        return entry(name).role;
    }

    /** Whether the tensor trains. */
    public boolean trainable(String name) {
        return entry(name).trainable;
    }

    /** Rises with every change of the tensor. */
    public long version(String name) {
        return entry(name).cell.version;
    }

    /** Overwrites a tensor with a copy of {@code value}, of the same shape and element type. */
    public void update(String name, Tensor value) {
        Cell cell = entry(name).cell;
        if (!cell.value.shape().equals(value.shape()) || cell.value.dtype() != value.dtype()) {
            throw new InputException("state: " + name + " is " + cell.value + ", the new value " + value);
        }
        copy(value, cell.value);
        cell.version++;
    }

    /** The same tensors, of which those of role {@link Role#WEIGHT} train whose names {@code trains} accepts. */
    public State withTrainable(Predicate<String> trains) {
        Map<String, Entry> changed = new LinkedHashMap<>();
        entries.forEach((name, entry) ->
                changed.put(name, new Entry(entry.cell, entry.role, entry.role == Role.WEIGHT && trains.test(name))));
        return new State(changed);
    }

    /** A state that holds copies of these tensors in the place of its own and shares the others. */
    public State overlay(Map<String, Tensor> tensors) {
        Map<String, Entry> changed = new LinkedHashMap<>(entries);
        tensors.forEach((name, tensor) -> {
            Entry old = entry(name);
            if (!old.cell.value.shape().equals(tensor.shape()) || old.cell.value.dtype() != tensor.dtype()) {
                throw new InputException("state: " + name + " is " + old.cell.value + ", the overlay has " + tensor);
            }
            changed.put(name, new Entry(new Cell(tensor.copy()), old.role, old.trainable));
        });
        return new State(changed);
    }

    /** A state that shares nothing with this one. */
    public State copy() {
        Map<String, Entry> copies = new LinkedHashMap<>();
        entries.forEach((name, entry) ->
                copies.put(name, new Entry(new Cell(entry.cell.value.copy()), entry.role, entry.trainable)));
        return new State(copies);
    }

    /** A builder that holds this state's tensors, shared, with their roles. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.entries.putAll(entries);
        return builder;
    }

    /**
     * A value computed from tensors of this state and kept until one of them changes: folded, composed or packed weights.
     *
     * @param key what is derived; equal keys mean the same computation
     * @param from names of the tensors that it is computed from
     * @param compute the computation; its result is shared and only to be read
     */
    @SuppressWarnings("unchecked")
    public <T> T derived(Object key, List<String> from, Supplier<T> compute) {
        synchronized (derived) {
            Derived known = derived.get(key);
            if (known != null && isCurrent(known.versions, from)) {
                return (T) known.value;
            }
            long[] versions = from.stream().mapToLong(this::version).toArray();
            T value = compute.get();
            derived.put(key, new Derived(versions, value));
            return value;
        }
    }

    private boolean isCurrent(long[] versions, List<String> from) {
        if (versions.length != from.size()) {
            return false;
        }
        for (int i = 0; i < versions.length; i++) {
            if (versions[i] != version(from.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Moves all trainable tensors, in name order, into one flat buffer, of which they are views from then on. */
    public FlatParameters flatten() {
        Map<String, Cell> trainable = new LinkedHashMap<>();
        entries.keySet().stream()
                .filter(this::trainable)
                .sorted()
                .forEach(name -> trainable.put(name, entry(name).cell));
        return FlatParameters.of(trainable);
    }

    /** Elements of all trainable tensors. */
    public long trainableElements() {
        return entries.values().stream()
                .filter(Entry::trainable)
                .mapToLong(e -> e.cell.value.elements())
                .sum();
    }

    /** Elements of all parameters, running statistics left out. */
    public long parameterElements() {
        return entries.values().stream()
                .filter(e -> e.role != Role.BUFFER)
                .mapToLong(e -> e.cell.value.elements())
                .sum();
    }

    /** Moves the tensors of these names into a session's memory; nothing where that works on the heap. States that share them see them there. */
    public void moveTo(Kernels k, Predicate<String> which) {
        if (k.worksOnHeap()) {
            return;
        }
        entries.forEach((name, entry) -> {
            if (which.test(name)) {
                entry.cell.value = k.upload(entry.cell.value);
            }
        });
    }

    /** Brings back what was moved into a session's memory, before the session ends; flat parameters are apart from their tensors then. */
    public void moveToHeap() {
        for (Entry entry : entries.values()) {
            if (!(entry.cell.value.storage() instanceof HeapStorage)) {
                entry.cell.value = entry.cell.value.copy();
            }
        }
    }

    static void copy(Tensor from, Tensor to) {
        to.storage().copyFrom(from.storage(), from.offset(), to.offset(), from.elements());
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new InputException("state: there is no tensor " + name);
        }
        return entry;
    }

    @Override
    public String toString() {
        return "State of " + entries.size() + " tensors, "
                + entries.values().stream().filter(Entry::trainable).count() + " trainable";
    }

    /** Collects a state's tensors. */
    public static final class Builder {
        private final Map<String, Entry> entries = new LinkedHashMap<>();

        private Builder() {}

        /** Adds a tensor, which passes to the state without a copy; trains where its role is {@link Role#WEIGHT}. */
        public Builder put(String name, Role role, Tensor value) {
            return put(name, new Entry(new Cell(value), role, role == Role.WEIGHT));
        }

        /** Adds another state's tensor, shared with it, with its role and whether it trains. */
        public Builder share(State other, String name) {
            return put(name, other.entry(name));
        }

        /** Adds another state's tensor, shared with it, in another role. */
        public Builder share(State other, String name, Role role) {
            return put(name, new Entry(other.entry(name).cell, role, role == Role.WEIGHT));
        }

        /** Forgets a tensor. */
        public Builder remove(String name) {
            entries.remove(name);
            return this;
        }

        private Builder put(String name, Entry entry) {
            if (entries.putIfAbsent(name, entry) != null) {
                throw new InputException("state: tensor " + name + " is there twice");
            }
            return this;
        }

        /** Names put so far. */
        public List<String> names() {
            return new ArrayList<>(entries.keySet());
        }

        /** The state. */
        public State build() {
            return new State(new LinkedHashMap<>(entries));
        }
    }

    /** Shape of the tensor of this name. */
    public Shape shape(String name) {
        return get(name).shape();
    }
}
