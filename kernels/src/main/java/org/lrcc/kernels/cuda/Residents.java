package org.lrcc.kernels.cuda;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.Storage;
import org.lrcc.engine.tensor.Tensor;

/**
 * Copies, in a session's memory, of tensors that live elsewhere: what does not change between runs is brought to the device once. A copy is renewed when
 * another version is asked for, and goes when the host has forgotten the original, or with the session.
 */
final class Residents {
    private record Place(int offset, int elements) {}

    private record Copy(Tensor tensor, long version) {}

    /** A storage by identity, which it does not keep alive. */
    private static final class Original extends WeakReference<Storage> {
        private final int hash;

        Original(Storage storage, @Nullable ReferenceQueue<Storage> forgotten) {
            super(storage, forgotten);
            hash = System.identityHashCode(storage);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            return this == other || (other instanceof Original original && get() != null && get() == original.get());
        }
    }

    /** Milliseconds to wait for the next forgotten original: the collector tells of them a little after it has run. */
    private static final long PATIENCE = 100;

    private final CudaKernels kernels;
    private final Map<Original, Map<Place, Copy>> copies = new HashMap<>();
    private final ReferenceQueue<Storage> forgotten = new ReferenceQueue<>();

    Residents(CudaKernels kernels) {
        this.kernels = kernels;
    }

    /** The tensor itself where it lies in the session's memory, else a copy, which is the session's. */
    Tensor get(Tensor tensor, long version) {
        if (kernels.holds(tensor)) {
            return tensor;
        }
        dropForgotten();
        Map<Place, Copy> of = copies.get(new Original(tensor.storage(), null));
        if (of == null) {
            of = new HashMap<>();
            copies.put(new Original(tensor.storage(), forgotten), of);
        }
        Place place = new Place(tensor.offset(), tensor.elements());
        Copy known = of.get(place);
        if (known == null || known.version != version) {
            Tensor target = known == null ? kernels.allocateOwn(tensor.dtype(), tensor.shape()) : known.tensor;
            target.storage().copyFrom(tensor.storage(), tensor.offset(), target.offset(), tensor.elements());
            known = new Copy(target, version);
            of.put(place, known);
        }
        return known.tensor.reshape(tensor.shape());
    }

    private void dropForgotten() {
        for (Reference<?> gone = forgotten.poll(); gone != null; gone = forgotten.poll()) {
            drop(gone);
        }
    }

    private void drop(Reference<?> gone) {
        Map<Place, Copy> of = copies.remove(gone);
        if (of != null) {
            of.values().forEach(copy -> copy.tensor.release());
        }
    }

    /** Frees the copies of originals that nobody holds any more, where memory is short: the host, which has plenty, may not have looked for them yet. Says whether there were any. */
    boolean giveBack() {
        if (copies.isEmpty()) {
            return false;
        }
        int before = copies.size();
        System.gc();
        try {
            for (Reference<?> gone = forgotten.remove(PATIENCE); gone != null; gone = forgotten.remove(PATIENCE)) {
                drop(gone);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return copies.size() < before;
    }
}
