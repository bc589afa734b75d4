package org.lrcc.nn.network;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * The trainable tensors of a state as views of one flat buffer, in name order, each starting at a multiple of 16 floats. Gradients and an optimizer's slots are further buffers of the
 * same layout: one optimizer launch, one buffer to save, one to exchange. The gaps stay 0.
 */
public final class FlatParameters {
    private static final int ALIGNMENT = 16;

    private record Part(int start, Shape shape, State.Cell cell) {}

    private final Map<String, Part> parts;
    private Tensor values;
    private @Nullable Kernels kernels;

    private FlatParameters(Map<String, Part> parts, Tensor values) {
        this.parts = parts;
        this.values = values;
    }

    static FlatParameters of(Map<String, State.Cell> cells) {
        Map<String, Part> parts = new LinkedHashMap<>();
        long end = 0;
        for (Map.Entry<String, State.Cell> cell : cells.entrySet()) {
            Tensor tensor = cell.getValue().value;
            if (tensor.dtype() != DType.F32) {
                throw new InputException("state: trainable tensor " + cell.getKey() + " is " + tensor + ", not F32");
            }
            parts.put(cell.getKey(), new Part((int) end, tensor.shape(), cell.getValue()));
            end = (end + tensor.elements() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            if (end > Integer.MAX_VALUE - 64) {
                throw new InputException("state: more than 2^31 trainable elements, at " + cell.getKey());
            }
        }
        Tensor values = Tensor.zeros(DType.F32, Shape.of((int) end));
        for (Part part : parts.values()) {
            Tensor slot = values.slice(part.start, part.shape);
            State.copy(part.cell.value, slot);
            part.cell.value = slot;
        }
        return new FlatParameters(parts, values);
    }

    /** Names of the tensors, sorted. */
    public List<String> names() {
        return List.copyOf(parts.keySet());
    }

    /** Whether a tensor of this name is part of the buffer. */
    public boolean has(String name) {
        return parts.containsKey(name);
    }

    /** The buffer: rank 1, F32. Who writes to it calls {@link #touched()}. */
    public Tensor values() {
        return values;
    }

    /**
     * Moves the buffer, and with it all tensors, into a session's memory, where new buffers come from then on. Nothing where that works on the heap. Before the
     * session ends {@link State#moveToHeap} brings the tensors back.
     */
    public void moveTo(Kernels k) {
        if (k.worksOnHeap()) {
            return;
        }
        kernels = k;
        values = k.upload(values);
        parts.values().forEach(part -> part.cell.value = values.slice(part.start, part.shape));
    }

    /** A zeroed buffer of the same layout: a gradient, an optimizer's slot. */
    public Tensor newBuffer() {
        Kernels k = kernels;
        if (k == null) {
            return Tensor.zeros(DType.F32, values.shape());
        }
        Tensor buffer = k.allocate(DType.F32, values.shape());
        k.fill(buffer, 0);
        return buffer;
    }

    /** The part of a buffer of this layout that belongs to a tensor, in its shape. */
    public Tensor slice(Tensor flat, String name) {
        Part part = parts.get(name);
        if (part == null) {
            throw new InputException("state: " + name + " is not among the trainable tensors of this buffer");
        }
        return flat.slice(part.start, part.shape);
    }

    /** First element of a tensor in the buffer. */
    public int start(String name) {
        Part part = parts.get(name);
        if (part == null) {
            throw new InputException("state: " + name + " is not among the trainable tensors of this buffer");
        }
        return part.start;
    }

    /** Raises the versions of all tensors: their values were changed. */
    public void touched() {
        for (Part part : parts.values()) {
            part.cell.version++;
        }
    }
}
