package org.lrcc.engine.cpu;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Values that were used last, as many as fit a number of bytes; the newest is kept whatever it takes. Thread-safe. */
final class BoundedCache<K, V> {
    private final long most;
    private final ToLongFunction<V> bytesOf;
    private final Map<K, V> values = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    BoundedCache(long mostBytes, ToLongFunction<V> bytesOf) {
        this.most = mostBytes;
        this.bytesOf = bytesOf;
    }

    synchronized @Nullable V get(K key) {
        return values.get(key);
    }

    synchronized void put(K key, V value) {
        V old = values.put(key, value);
        bytes += bytesOf.applyAsLong(value) - (old == null ? 0 : bytesOf.applyAsLong(old));
        Iterator<V> eldest = values.values().iterator();
        while (bytes > most && values.size() > 1) {
            bytes -= bytesOf.applyAsLong(eldest.next());
            eldest.remove();
        }
    }

    synchronized long bytes() {
        return bytes;
    }
}
