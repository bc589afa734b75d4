package org.lrcc.nn.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Tensor;

/** The batches of one epoch of a {@link Loader}, in order. For one thread; closing it gives up what was made ahead. */
public final class BatchIterator implements Iterator<Batch>, AutoCloseable {
    private final Loader loader;
    private final int epoch;
    private final int[] order;
    private final int end;
    private final ArrayDeque<Pending> ahead = new ArrayDeque<>();
    private @Nullable Batch made;
    private int next;
    private int submitted;

    BatchIterator(Loader loader, int epoch, int[] order, int start) {
        this.loader = loader;
        this.epoch = epoch;
        this.order = order;
        this.end = loader.batchesPerEpoch();
        this.next = start;
        this.submitted = start;
        submit();
    }

    /** A batch that the pool works on: each task fills its image's part of {@code values}. */
    private record Pending(int[] members, HeapStorage values, List<Future<?>> tasks) {}

    private void submit() {
        int plane = 3 * loader.imageSize() * loader.imageSize();
        while (submitted < end && ahead.size() <= loader.lookAhead()) {
            int[] members = loader.members(order, submitted);
            HeapStorage values = loader.memory(members.length * plane);
            List<Future<?>> tasks = new ArrayList<>(members.length);
            try {
                for (int i = 0; i < members.length; i++) {
                    int index = members[i];
                    int at = i * plane;
                    tasks.add(loader.pool().submit(() -> loader.load(index, epoch, values.array(), at)));
                }
            } catch (RejectedExecutionException e) {
                throw new IllegalStateException("loader: it is closed", e);
            }
            ahead.add(new Pending(members, values, tasks));
            submitted++;
        }
    }

    @Override
    public boolean hasNext() {
        return next < end;
    }

    /** The number of the batch that {@link #next} returns. */
    public int position() {
        return next;
    }

    /** The batch that {@link #next} will return, if all of its images are made by now; else null. */
    public @Nullable Batch peek() {
        Pending first = ahead.peek();
        if (made == null && first != null && first.tasks.stream().allMatch(BatchIterator::succeeded)) {
            made = batch(first);
        }
        return made;
    }

    private static boolean succeeded(Future<?> task) {
        if (!task.isDone() || task.isCancelled()) {
            return false;
        }
        try {
            task.get();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            return false; // next() tells
        }
    }

    /**
     * Waits for the next batch.
     *
     * @throws InputException if an image of it cannot be decoded; the first such image of the batch is named
     */
    @Override
    public Batch next() {
        Pending pending = ahead.poll();
        if (pending == null) {
            throw new NoSuchElementException("loader: epoch " + epoch + " has no batch " + next);
        }
        await(pending);
        Batch ready = made == null ? batch(pending) : made;
        made = null;
        next++;
        submit();
        return ready;
    }

    private Batch batch(Pending pending) {
        int[] labels = new int[pending.members.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = loader.data().label(pending.members[i]);
        }
        return new Batch(Tensor.view(pending.values, 0, loader.shape(labels.length)), labels, pending.members);
    }

    private void await(Pending pending) {
        boolean done = false;
        try {
            for (Future<?> task : pending.tasks) {
                task.get();
            }
            done = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailureException("loader: interrupted while waiting for batch " + next, e);
        } catch (CancellationException e) {
            throw new IllegalStateException("loader: it was closed while batch " + next + " was being made", e);
        } catch (ExecutionException e) {
            throw onThisThread(Objects.requireNonNullElse(e.getCause(), e));
        } finally {
            if (!done) {
                cancel(pending);
                close();
            }
        }
    }

    /** The same error again, as one of the caller's thread, with the worker's as its cause. */
    private RuntimeException onThisThread(Throwable cause) {
        if (cause instanceof InputException) {
            return new InputException(String.valueOf(cause.getMessage()), cause);
        }
        return new FailureException("loader: batch " + next + " of epoch " + epoch + ": " + cause, cause);
    }

    private static void cancel(Pending pending) {
        for (Future<?> task : pending.tasks) {
            task.cancel(false);
        }
    }

    @Override
    public void close() {
        ahead.forEach(BatchIterator::cancel);
        ahead.clear();
        made = null;
        next = end;
        submitted = end;
    }
}
