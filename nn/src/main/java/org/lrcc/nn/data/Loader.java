package org.lrcc.nn.data;

import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Shape;

/**
 * Makes batches of a data set on threads of its own, a few ahead of the one in use.
 *
 * <p>What a batch holds depends on the data set, the preprocessing, the augmentation, the seed, the epoch and the batch's number, and on
 * nothing else: every image draws from a generator keyed by seed, epoch and its index, so that neither the number of threads nor the
 * batch at which an epoch is entered changes a bit.
 *
 * <pre>{@code
 * try (Loader loader = new Loader(data, preprocessing, Augmentation.fewShot(), LoaderOptions.training(20, seed))) {
 *     for (int epoch = 0; epoch < epochs; epoch++) {
 *         try (BatchIterator batches = loader.batches(epoch)) {
 *             while (batches.hasNext()) {
 *                 step(batches.next());
 *             }
 *         }
 *     }
 * }
 * }</pre>
 */
public final class Loader implements AutoCloseable {
    private static final AtomicInteger COUNTER = new AtomicInteger();
    private static final int CLOSE_SECONDS = 10;
    private static final int CHANNELS = 3;

    private final Dataset data;
    private final Preprocessing preprocessing;
    private final Augmentation augmentation;
    private final LoaderOptions options;
    private final ImageDecoder decoder;
    private final ImageCache cache;
    private final ExecutorService pool;
    private final Queue<Object> spare = new ConcurrentLinkedQueue<>();

    /**
     * A loader with its threads, which live until {@link #close}.
     *
     * @throws InputException if dropping the short last batch would leave none
     */
    public Loader(Dataset data, Preprocessing preprocessing, Augmentation augmentation, LoaderOptions options) {
        this.data = data;
        this.preprocessing = preprocessing;
        this.augmentation = augmentation;
        this.options = options;
        this.decoder = new ImageDecoder(options.limits());
        this.cache = new ImageCache(options.cacheBytes());
        if (batchesPerEpoch() == 0) {
            throw new InputException("loader: " + data.name() + " has " + data.size()
                    + " images, fewer than a batch of " + options.batch() + ", and short batches are dropped");
        }
        Shape.of(Math.min(options.batch(), data.size()), 3, preprocessing.size(), preprocessing.size());
        String name = "lrcc-loader-" + COUNTER.incrementAndGet();
        this.pool = Executors.newFixedThreadPool(options.threads(), task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** The data set. */
    public Dataset data() {
        return data;
    }

    /** How many batches an epoch has. */
    public int batchesPerEpoch() {
        int whole = data.size() / options.batch();
        return options.dropLast() || data.size() % options.batch() == 0 ? whole : whole + 1;
    }

    /** The batches of an epoch, from the first. */
    public BatchIterator batches(int epoch) {
        return batches(epoch, 0);
    }

    /**
     * The batches of an epoch from number {@code start} on, the same as if those before it had been taken.
     *
     * @param start in [0, {@link #batchesPerEpoch()}]
     */
    public BatchIterator batches(int epoch, int start) {
        if (start < 0 || start > batchesPerEpoch()) {
            throw new InputException("loader: batch " + start + " of " + batchesPerEpoch() + " in an epoch");
        }
        return new BatchIterator(this, epoch, order(epoch), start);
    }

    private int[] order(int epoch) {
        if (options.shuffle()) {
            return Shuffle.permutation(data.size(), new Philox(options.seed(), Philox.stream(Streams.ORDER, epoch)));
        }
        int[] order = new int[data.size()];
        Arrays.setAll(order, i -> i);
        return order;
    }

    /** The indices of a batch's images. */
    int[] members(int[] order, int batch) {
        int from = batch * options.batch();
        return Arrays.copyOfRange(order, from, Math.min(from + options.batch(), order.length));
    }

    ExecutorService pool() {
        return pool;
    }

    int lookAhead() {
        return options.lookAhead();
    }

    int imageSize() {
        return preprocessing.size();
    }

    /** A batch's shape. */
    Shape shape(int images) {
        int size = preprocessing.size();
        return options.pixels() ? Shape.of(images, size, size, CHANNELS) : Shape.of(images, CHANNELS, size, size);
    }

    /** Memory for a batch, of unspecified content, which serves another one once it is released. */
    HeapStorage memory(int length) {
        DType dtype = options.pixels() ? DType.U8 : DType.F32;
        Object known = spare.poll();
        Object array = known != null && Array.getLength(known) == length ? known : HeapStorage.newArray(dtype, length);
        return HeapStorage.wrap(dtype, length, array, this::giveBack);
    }

    /** Takes the array of a batch that was used; short last batches are not worth keeping. */
    private void giveBack(Object array) {
        if (Array.getLength(array) == shape(options.batch()).elements() && spare.size() <= lookAhead()) {
            spare.add(array);
        }
    }

    /** Decodes, augments and normalises one image into a batch's array. Runs on the pool. */
    void load(int index, int epoch, Object out, int at) {
        RgbImage prepared = cache.get(index);
        if (prepared == null) {
            prepared = augmentation.prepare(decoder.decode(data.path(index)), preprocessing);
            cache.offer(index, prepared);
        }
        Philox random = Augmentation.generator(options.seed(), epoch, index);
        RgbImage varied = augmentation.vary(prepared, preprocessing, random);
        if (options.pixels()) {
            preprocessing.refuseOtherSize(varied);
            System.arraycopy(varied.pixels(), 0, out, at, varied.pixels().length);
        } else {
            preprocessing.normalize(varied, (float[]) out, at);
        }
    }

    /** Ends the threads; batches that were not taken yet are lost. Waits for the images being decoded. */
    @Override
    public void close() {
        for (Runnable waiting : pool.shutdownNow()) {
            if (waiting instanceof Future<?> task) {
                task.cancel(false); // or whoever waits for it would wait forever
            }
        }
        try {
            pool.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
