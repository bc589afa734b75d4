package org.lrcc.engine.autograd;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * Runs ops and remembers them as typed nodes, so that {@link #backward} can walk them in reverse. Thread-confined. A
 * tape for inference runs ops alike and
 * remembers nothing.
 *
 * <p>The tape holds one reference to every value until {@link #release} or {@link #close}; nodes hold what their op
 * saved until backward has passed them.
 */
public final class Tape implements AutoCloseable {
    /**
     * One recorded op.
     *
     * @param label the layer it belongs to, for messages and listings
     * @param inputs of the op, in its order
     * @param output id of the output
     */
    public record Node(String label, Op op, List<Var> inputs, int output, Saved saved) {}

    /**
     * A state update on this tape.
     *
     * @param target the value (a parameter or constant of this tape) that gets the new value
     */
    public record Update(Var target, Tensor value) {}

    private final Kernels kernels;
    private final boolean recording;
    private final List<Slot> slots = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final List<Update> updates = new ArrayList<>();
    private String label = "";
    private @Nullable Consumer<Var> observer;
    private boolean walked;
    private boolean closed;

    private Tape(Kernels kernels, boolean recording) {
        this.kernels = kernels;
        this.recording = recording;
    }

    /** A tape for training. */
    public static Tape recording(Kernels kernels) {
        return new Tape(kernels, true);
    }

    /** A tape for inference. */
    public static Tape inference(Kernels kernels) {
        return new Tape(kernels, false);
    }

    /** The kernels that ops run on. */
    public Kernels kernels() {
        return kernels;
    }

    /** Adds a value without a gradient. */
    public Var constant(Tensor value) {
        return add(new Slot(kernels, value.retain(), false, null, label));
    }

    /** Adds a value whose gradient comes back from {@link #backward}. */
    public Var variable(Tensor value) {
        return add(new Slot(kernels, value.retain(), true, null, label));
    }

    /**
     * Adds a value whose gradient {@link #backward} writes into {@code gradient}, overwriting it (with 0 where the loss
     * does not depend on the value).
     */
    public Var parameter(Tensor value, Tensor gradient) {
        if (!value.shape().equals(gradient.shape())) {
            throw new InputException(
                    "parameter: value " + value.shape() + " and gradient " + gradient.shape() + " differ in shape");
        }
        return add(new Slot(kernels, value.retain(), true, gradient.retain(), label));
    }

    /** Runs an op and adds its output. */
    public Var apply(Op op, Var... inputs) {
        Tensor[] in = new Tensor[inputs.length];
        Shape[] shapes = new Shape[inputs.length];
        boolean[] wanted = new boolean[inputs.length];
        boolean any = false;
        for (int i = 0; i < inputs.length; i++) {
            in[i] = value(inputs[i]);
            shapes[i] = in[i].shape();
            wanted[i] = recording && slot(inputs[i]).differentiable;
            any |= wanted[i];
        }
        op.infer(shapes);
        Forward forward = op.forward(kernels, any ? i -> wanted[i] : Wants.NONE, in);
        Var out = add(new Slot(kernels, forward.out(), any, null, label));
        if (any) {
            nodes.add(new Node(label, op, List.of(inputs), out.id(), forward.saved()));
        } else {
            forward.saved().release();
        }
        for (StateUpdate update : forward.updates()) {
            updates.add(new Update(inputs[update.input()], update.value()));
        }
        if (observer != null) {
            observer.accept(out);
        }
        return out;
    }

    /** Names the layer that the ops from now on belong to. */
    public void label(String name) {
        label = name;
    }

    /** The layer a value belongs to. */
    public String label(Var var) {
        return slot(var).label;
    }

    /** Calls {@code observer} with every value that an op gives from now on; for diagnosis. */
    public void observe(Consumer<Var> observer) {
        this.observer = observer;
    }

    /** Drops the tape's own reference to a value that nobody will read again; what ops saved stays. */
    public void release(Var var) {
        slot(var).releaseValue();
    }

    /** The recorded ops, in order. */
    public List<Node> nodes() {
        return Collections.unmodifiableList(nodes);
    }

    /** What forward would change in the state, in order. */
    public List<Update> updates() {
        return Collections.unmodifiableList(updates);
    }

    /** Bytes that ops saved for backward (a tensor saved twice counts twice). */
    public long savedBytes() {
        return nodes.stream().mapToLong(n -> n.saved().bytes()).sum();
    }

    /**
     * A listing of the recorded ops, one a line: number, layer, op, shapes of inputs and output, bytes saved for
     * backward; the last line has the total. Without
     * ops after {@link #backward}.
     */
    public String describe() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get(i);
            String inputs = node.inputs().stream()
                    .map(input -> slot(input).shape.toString())
                    .collect(Collectors.joining(" "));
            text.append(String.format(
                    Locale.ROOT,
                    "%4d  %-28s %-20s %s -> %s, saved %,d bytes\n",
                    i,
                    node.label(),
                    node.op().name(),
                    inputs,
                    slots.get(node.output()).shape,
                    node.saved().bytes()));
        }
        return text.append(String.format(Locale.ROOT, "%d ops, saved %,d bytes\n", nodes.size(), savedBytes()))
                .toString();
    }

    /**
     * Walks the ops in reverse from {@code loss}, of one element. Nodes, what they saved and the values they gave are
     * gone afterwards; the loss's own value
     * can still be read.
     *
     * @return the gradients of the variables; those of parameters are filled to their tensors
     */
    public Gradients backward(Var loss) {
        Slot root = slot(loss);
        if (!recording || walked) {
            throw new InputException(
                    "backward: " + (walked ? "this tape was walked already" : "a tape for inference remembers no ops"));
        }
        if (root.shape.elements() != 1) {
            throw new InputException("backward: the loss has shape " + root.shape + ", not one element");
        }
        walked = true;
        Tensor one = kernels.allocate(value(loss).dtype(), root.shape);
        try {
            kernels.fill(one, 1);
            root.add(one);
        } finally {
            one.release();
        }
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.remove(i);
            Slot out = slots.get(node.output());
            if (out != root) {
                out.releaseValue();
            }
            try {
                backward(node, out);
            } finally {
                node.saved().release();
            }
        }
        @Nullable Tensor[] found = new Tensor[slots.size()];
        for (int i = 0; i < found.length; i++) {
            Slot slot = slots.get(i);
            if (slot.target != null && !slot.filled) {
                kernels.fill(slot.target, 0);
            }
            found[i] = slot.gradient;
        }
        return new Gradients(found);
    }

    private void backward(Node node, Slot out) {
        Tensor grad = out.gradient;
        if (grad == null) {
            return;
        }
        out.gradient = null;
        try (Sink sink = new Sink(slots, node)) {
            node.op().backward(kernels, node.saved(), grad, sink);
        } finally {
            grad.release();
        }
    }

    /** Releases everything the tape still holds. */
    @Override
    public void close() {
        closed = true;
        nodes.forEach(node -> node.saved().release());
        nodes.clear();
        updates.forEach(update -> update.value().release());
        updates.clear();
        slots.forEach(Slot::close);
        slots.clear();
    }

    Tensor value(Var var) {
        Slot slot = slot(var);
        if (slot.value == null) {
            throw new IllegalStateException(
                    "tape: value " + var.id() + " " + slot.shape + " of '" + slot.label + "' was released");
        }
        return slot.value;
    }

    Shape shape(Var var) {
        return slot(var).shape;
    }

    private Slot slot(Var var) {
        if (var.tape() != this) {
            throw new InputException("tape: value " + var.id() + " belongs to another tape");
        }
        if (closed) {
            throw new IllegalStateException("tape: value " + var.id() + " was released when its tape was closed");
        }
        return slots.get(var.id());
    }

    private Var add(Slot slot) {
        slots.add(slot);
        return new Var(this, slots.size() - 1);
    }
}
