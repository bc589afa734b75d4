package org.lrcc.nn.data;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Decoded images by index, up to a number of bytes. Once it is full it stays as it is: an epoch visits every image once, so that dropping
 * the oldest for the newest would drop each one before it is needed again.
 */
final class ImageCache {
    private final ConcurrentHashMap<Integer, RgbImage> images = new ConcurrentHashMap<>();
    private final AtomicLong free;

    ImageCache(long bytes) {
        this.free = new AtomicLong(bytes);
    }

    @Nullable
    RgbImage get(int index) {
        return images.get(index);
    }

    void offer(int index, RgbImage image) {
        long bytes = image.pixels().length;
        if (free.addAndGet(-bytes) < 0 || images.putIfAbsent(index, image) != null) {
            free.addAndGet(bytes);
        }
    }
}
