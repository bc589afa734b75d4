package org.lrcc.engine.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Owns the tensors that a backend allocates on this thread while it is the innermost open scope, and frees them when it closes.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open()) {
 *     Tensor logits = ...;
 *     return scope.keep(logits); // passes to the next outer scope, or to the caller
 * }
 * }</pre>
 */
public final class Scope implements AutoCloseable {
    private static final ThreadLocal<Deque<Scope>> OPEN = ThreadLocal.withInitial(ArrayDeque::new);
    private static final int SWEEP = 1024;

    private final List<Storage> owned = new ArrayList<>();
    private int sweepAt = SWEEP;

    private Scope() {}

    /** Opens a scope on this thread. Close it on the same thread, innermost first. */
    public static Scope open() {
        Scope scope = new Scope();
        OPEN.get().push(scope);
        return scope;
    }

    /** Puts a newly allocated storage under the innermost open scope, if there is one; for backends. */
    public static Storage adopt(Storage storage) {
        Scope scope = OPEN.get().peek();
        if (scope != null) {
            scope.own(storage);
        }
        return storage;
    }

    private void own(Storage storage) {
        owned.add(storage);
        if (owned.size() >= sweepAt) {
            // Steps inside one long scope release their buffers early: forget those, or the list would grow for ever.
            owned.removeIf(Storage::isFreed);
            sweepAt = Math.max(SWEEP, 2 * owned.size());
        }
    }

    /** Passes a tensor to the next outer scope, or to the caller where there is none, and returns it. */
    public Tensor keep(Tensor tensor) {
        Storage storage = tensor.storage();
        if (owned.remove(storage)) {
            Deque<Scope> open = OPEN.get();
            Scope outer = null;
            boolean found = false;
            for (Scope scope : open) {
                if (found) {
                    outer = scope;
                    break;
                }
                found = scope == this;
            }
            if (outer != null) {
                outer.own(storage);
            }
        }
        return tensor;
    }

    @Override
    public void close() {
        Deque<Scope> open = OPEN.get();
        if (open.peek() != this) {
            throw new IllegalStateException("scope closed out of order, or on another thread than it was opened on");
        }
        open.pop();
        owned.forEach(storage -> storage.freeBecause("was released when its scope closed"));
        owned.clear();
    }
}
