package org.lrcc.engine.autograd;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.Tensor;

/** The gradients of one node's inputs. */
final class Sink implements GradientSink, AutoCloseable {
    private final List<Slot> slots;
    private final Tape.Node node;
    private final @Nullable Tensor[] pending;

    Sink(List<Slot> slots, Tape.Node node) {
        this.slots = slots;
        this.node = node;
        this.pending = new Tensor[node.inputs().size()];
    }

    private Slot input(int input) {
        return slots.get(node.inputs().get(input).id());
    }

    @Override
    public int inputs() {
        return node.inputs().size();
    }

    @Override
    public boolean wants(int input) {
        return input(input).differentiable;
    }

    @Override
    public void write(int input, Consumer<Tensor> writer) {
        if (wants(input)) {
            writer.accept(target(input));
            done(input);
        }
    }

    @Override
    public Tensor target(int input) {
        Tensor target = input(input).begin();
        pending[input] = target;
        return target;
    }

    @Override
    public void done(int input) {
        Tensor contribution = pending[input];
        if (contribution == null) {
            throw new IllegalStateException("gradient: done without target for input " + input + " of "
                    + node.op().name());
        }
        pending[input] = null;
        input(input).end(contribution);
    }

    @Override
    public void pass(int input, Tensor grad) {
        Slot slot = input(input);
        if (slot.differentiable) {
            slot.add(grad.reshape(slot.shape));
        }
    }

    /** Gives back what was begun and not ended, because the op failed. */
    @Override
    public void close() {
        for (int i = 0; i < pending.length; i++) {
            Tensor begun = pending[i];
            if (begun != null) {
                pending[i] = null;
                begun.release();
            }
        }
    }
}
