package org.lrcc.nn.data;

import org.lrcc.engine.InputException;

/**
 * How a {@link Loader} makes batches.
 *
 * @param batch images a batch
 * @param shuffle whether every epoch has an order of its own; else the data set's
 * @param dropLast whether a last batch that is short is left out
 * @param seed of the orders and the augmentation
 * @param threads that decode and augment
 * @param lookAhead batches that are made ahead of the one in use
 * @param cacheBytes bound on the decoded images that are kept between epochs; 0 keeps none
 * @param limits on the image files
 * @param pixels whether batches hold pixels as bytes, which are normalised where they are used: a quarter of what there is to bring there
 */
public record LoaderOptions(
        int batch,
        boolean shuffle,
        boolean dropLast,
        long seed,
        int threads,
        int lookAhead,
        long cacheBytes,
        ImageLimits limits,
        boolean pixels) {
    public LoaderOptions {
        require(batch >= 1, "batch", batch);
        require(threads >= 1, "threads", threads);
        require(lookAhead >= 1, "lookAhead", lookAhead);
        require(cacheBytes >= 0, "cacheBytes", cacheBytes);
    }

    private static void require(boolean holds, String what, long value) {
        if (!holds) {
            throw new InputException("loader: " + what + " is " + value);
        }
    }

    /** Shuffled, the short last batch kept. */
    public static LoaderOptions training(int batch, long seed) {
        return new LoaderOptions(batch, true, false, seed, spareThreads(), 2, cacheShare(), ImageLimits.DEFAULT, false);
    }

    /** In the data set's order, each image once. */
    public static LoaderOptions evaluation(int batch) {
        return new LoaderOptions(batch, false, false, 0, spareThreads(), 2, cacheShare(), ImageLimits.DEFAULT, false);
    }

    /** The same with the short last batch dropped or kept. */
    public LoaderOptions withDropLast(boolean drop) {
        return new LoaderOptions(batch, shuffle, drop, seed, threads, lookAhead, cacheBytes, limits, pixels);
    }

    /** The same with another number of threads; what they make does not depend on it. */
    public LoaderOptions withThreads(int number) {
        return new LoaderOptions(batch, shuffle, dropLast, seed, number, lookAhead, cacheBytes, limits, pixels);
    }

    /** The same with another bound on the cache. */
    public LoaderOptions withCacheBytes(long bytes) {
        return new LoaderOptions(batch, shuffle, dropLast, seed, threads, lookAhead, bytes, limits, pixels);
    }

    /** The same with other limits. */
    public LoaderOptions withLimits(ImageLimits other) {
        return new LoaderOptions(batch, shuffle, dropLast, seed, threads, lookAhead, cacheBytes, other, pixels);
    }

    /** The same with pixels as bytes, or normalised. */
    public LoaderOptions withPixels(boolean asBytes) {
        return new LoaderOptions(batch, shuffle, dropLast, seed, threads, lookAhead, cacheBytes, limits, asBytes);
    }

    /** Half of the processors: the step has the better use for the rest. */
    private static int spareThreads() {
        return Math.max(1, Math.min(8, Runtime.getRuntime().availableProcessors() / 2));
    }

    private static long cacheShare() {
        return Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 8);
    }
}
