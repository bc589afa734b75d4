package org.lrcc.lowrank;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.State;

/**
 * Several adapters over one base, chosen request by request.
 *
 * <pre>{@code
 * try (AdapterSet set = new AdapterSet(base)) {
 *     set.add("cats", catsFile, AdapterSet.Form.UNMERGED);
 *     set.add("birds", birdsFile, AdapterSet.Form.MERGED);
 *     Tensor logits = set.run("cats", x);
 * }
 * }</pre>
 *
 * <p>Unmerged, an adapter keeps only what its file holds and shares every other tensor with the base. The set keeps the composed weights of the unmerged adapter that was asked for last:
 * further requests for it cost what the plain network does, one for another composes, folds and packs all weights, which took 0.1 s for ResNet18 where an image takes 0.02 s, at any rank.
 * Merged, an adapter keeps weights of its own, as large as the base's, and no request pays. The results are the same to rounding, and for one form the same bits whatever else runs.
 *
 * <p>All methods may be called from any thread at any time. A request that is under way when its adapter is removed ends with it. The base must not change meanwhile.
 */
public final class AdapterSet implements AutoCloseable {
    /** What an adapter keeps. */
    public enum Form {
        /** Its factors, over the base's tensors. */
        UNMERGED,
        /** Weights of its own. */
        MERGED
    }

    /** Sizes whose plans an adapter keeps; who asks for more begins anew. */
    static final int MOST_PLANS = 64;

    private final Model base;
    private final Backend backend;
    private final Map<String, Served> served = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Kernels> idle = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Composed> last = new AtomicReference<>();
    private volatile boolean closed;

    /** One adapter, and how its network runs for the sizes that were asked for. */
    private record Served(Model model, Form form, Map<Shape, Plan> plans) {
        Plan plan(Shape one, Backend backend) {
            if (plans.size() >= MOST_PLANS && !plans.containsKey(one)) {
                plans.clear();
            }
            return plans.computeIfAbsent(one, shape -> model.network().prepare(backend, Mode.EVAL, shape));
        }
    }

    /** An unmerged adapter, and the state that remembers what its weights were composed to. */
    private record Composed(Served adapter, State state) {}

    /** No adapter yet, on the chosen backend. */
    public AdapterSet(Model base) {
        this(base, Backends.get());
    }

    /** No adapter yet, on this backend. */
    public AdapterSet(Model base, Backend backend) {
        this.base = base;
        this.backend = backend;
    }

    /**
     * Adds an adapter's file, or replaces the adapter of that name.
     *
     * @throws InputException where the file cannot be read, is damaged or belongs to another base
     */
    public void add(String name, Path file, Form form) {
        add(name, Adapters.load(base, file), form);
    }

    /** Adds a model that was made from the base by {@link LowRank#convert}, or replaces the adapter of that name. It must not change from then on. */
    public void add(String name, Model adapted, Form form) {
        Model model = form == Form.MERGED ? LowRank.merge(adapted) : adapted;
        Served replaced = served.put(name, new Served(model, form, new ConcurrentHashMap<>()));
        last.updateAndGet(known -> known != null && known.adapter == replaced ? null : known);
    }

    /** Forgets an adapter; throws where there is none of that name. */
    public void remove(String name) {
        Served removed = served.remove(name);
        if (removed == null) {
            throw unknown(name);
        }
        last.updateAndGet(known -> known != null && known.adapter == removed ? null : known);
    }

    /** Names of the adapters, sorted. */
    public Set<String> names() {
        return new TreeSet<>(served.keySet());
    }

    /** An adapter's classes and preprocessing. */
    public ModelInfo info(String name) {
        return find(name).model.info();
    }

    /** Elements that an adapter keeps beside the base's. */
    public long ownElements(String name) {
        State state = find(name).model.state();
        return state.names().stream()
                .filter(tensor -> !base.state().has(tensor)
                        || base.state().get(tensor).storage()
                                != state.get(tensor).storage())
                .mapToLong(tensor -> state.get(tensor).elements())
                .sum();
    }

    /**
     * The outputs of the network with this adapter.
     *
     * @param x [N, C, H, W] on the heap
     * @return on the heap, the caller's
     * @throws InputException where there is no adapter of that name, or the set is closed
     */
    public Tensor run(String name, Tensor x) {
        Served adapter = find(name);
        Plan plan = adapter.plan(x.shape().rank() == 0 ? x.shape() : x.shape().with(0, 1), backend);
        Kernels kernels = take();
        boolean whole = false;
        try {
            Tensor in = kernels.upload(x);
            Tensor out = plan.run(kernels, state(name, adapter), in);
            Tensor copy = out.copy();
            out.release();
            in.release();
            whole = true;
            return copy;
        } finally {
            giveBack(kernels, whole);
        }
    }

    /** Merged, the adapter's own, which remembers folded weights; else one that shares its tensors and remembers them until another adapter is asked for. */
    private State state(String name, Served adapter) {
        if (adapter.form == Form.MERGED) {
            return adapter.model.state();
        }
        Composed known = last.get();
        if (known == null || known.adapter != adapter) {
            known = new Composed(adapter, adapter.model.state().overlay(Map.of()));
            last.set(known);
            if (closed || served.get(name) != adapter) {
                // Who took it out, or closed, looked before it was set.
                last.compareAndSet(known, null);
            }
        }
        return known.state;
    }

    /** The model whose composed weights are kept, or null. */
    @Nullable
    Model composed() {
        Composed known = last.get();
        return known == null ? null : known.adapter.model;
    }

    /** How many plans an adapter keeps. */
    int plans(String name) {
        return find(name).plans.size();
    }

    private Served find(String name) {
        Served adapter = served.get(name);
        if (adapter == null) {
            throw unknown(name);
        }
        return adapter;
    }

    private InputException unknown(String name) {
        return new InputException("adapter set: there is no adapter " + name + "; there are " + names());
    }

    /** A session for one request: sessions serve one thread at a time. */
    private Kernels take() {
        if (closed) {
            throw new InputException("adapter set: it is closed");
        }
        @Nullable Kernels kernels = idle.poll();
        return kernels == null ? backend.open() : kernels;
    }

    /** A session in which something went wrong may hold what nobody will release: it is not used again. */
    private void giveBack(Kernels kernels, boolean whole) {
        if (!whole || closed) {
            kernels.close();
            return;
        }
        idle.add(kernels);
        if (closed) {
            closeIdle();
        }
    }

    private void closeIdle() {
        for (Kernels kernels = idle.poll(); kernels != null; kernels = idle.poll()) {
            kernels.close();
        }
    }

    /** Takes no more requests; those under way end. */
    @Override
    public void close() {
        closed = true;
        last.set(null);
        closeIdle();
    }
}
