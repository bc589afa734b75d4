package org.lrcc.cli;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.cpu.ThreadPool;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import picocli.CommandLine.Option;

/** On what is measured: images, threads. */
final class BenchOptions {
    private static final int MOST_THREADS = 1024;
    /** The largest batch. */
    static final int MOST_BATCH = 1 << 14;

    @Option(names = "--batch", paramLabel = "N", description = "Images of a batch (default: 8).")
    private int batch = 8;

    @Option(
            names = "--threads",
            paramLabel = "T",
            description = "Threads that work on a kernel (default: one a processor).")
    private @Nullable Integer threads;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of images, labels and factors (default: 0).")
    private long seed;

    @Option(names = "--json", description = "Answer as JSON.")
    private boolean json;

    boolean json() {
        return json;
    }

    long seed() {
        return seed;
    }

    int batch() {
        return within("--batch", batch, 1, MOST_BATCH);
    }

    /** A number in a range, or bad input. */
    static int within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new InputException(option + " must be from " + least + " to " + most + ": " + value);
        }
        return value;
    }

    /** The backend in use, with the threads that were asked for. */
    Backend backend() {
        if (threads == null) {
            return Backends.get();
        }
        within("--threads", threads, 1, MOST_THREADS);
        Backend backend = Backends.get();
        if (!(backend instanceof CpuBackend)) {
            throw new InputException("--threads " + threads + " is for the cpu backend; in use is " + backend.name()
                    + " (-D" + Backends.PROPERTY + "=cpu forces it)");
        }
        return new CpuBackend(new ThreadPool(threads));
    }

    /** Random images of about unit variance: [batch, 3, H, W] for a network's input [1, 3, H, W]. */
    Tensor images(Shape input) {
        return random(input.with(0, batch()), 0);
    }

    /** Random numbers in [-1.5, 1.5), the same for a seed and stream. */
    Tensor random(Shape shape, long stream) {
        Philox random = new Philox(seed, Philox.stream(0x62656e6368L, stream));
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 3 * random.nextFloat() - 1.5f;
        }
        return Tensor.of(values, shape.sizes());
    }

    /** Random labels below {@code classes}, one an image. */
    int[] labels(int classes) {
        Philox random = new Philox(seed, Philox.stream(0x6c6162656cL));
        int[] labels = new int[batch()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(classes);
        }
        return labels;
    }
}
