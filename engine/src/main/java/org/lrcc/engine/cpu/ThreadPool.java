package org.lrcc.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;

/**
 * The one pool of threads that kernels share.
 *
 * <p>A kernel cuts its work into chunks whose bounds depend on the shape alone and hands them to {@link #run}. Threads,
 * the caller among them, claim chunks from atomic counters: when another process takes a core, the remaining threads
 * simply claim more. Because the bounds and not the claims fix the order of every sum, results have the same bits for
 * any number of threads.
 *
 * <p>Each thread begins with its own part of the chunks and only then takes of the others': chunks are rows or images in order, so what a core wrote in one layer is
 * what it reads in the next, in its own L2. ResNet18's inference of one image on 2 threads, alternating: 12.8, 12.0, 11.4 ms and 12.9, 12.5, 12.1 from one counter.
 *
 * <p>Workers spin for a bounded time before they park. A convolution lasts a few hundred microseconds to a few
 * milliseconds and the next kernel follows at once; waking a parked thread costs some fifty microseconds and tends to
 * place it on the caller's core. The bound keeps an idle pool from starving the compiler threads during warm-up.
 *
 * <p>A kernel called from within a chunk, or while another thread has the pool, runs its chunks one after the other on
 * its own thread, with the same bounds.
 */
public final class ThreadPool {
    private static final long SPIN_NANOS = 200_000;
    private static final int SPINS_BETWEEN_CLOCK_READS = 32;

    /** Counters in a line of memory. */
    private static final int APART = 8;

    private final int threads;
    private final ReentrantLock owner = new ReentrantLock();
    private final List<Worker> workers = new ArrayList<>();

    /**
     * A line of memory apart: for each thread's part the next chunk, then how many chunks are done; above each in the upper 32 bits the number of the job that it belongs to. Jobs
     * share them, so that a kernel leaves next to nothing to the garbage collector; by the number a worker that comes late sees that its job is over.
     */
    private final AtomicLongArray counters;

    private int jobs;
    private volatile @Nullable Job current;

    /** Multiplications below which waking another thread costs more than it saves. */
    private static final long SMALL = 100_000;

    /** Work cut into numbered chunks. */
    @FunctionalInterface
    public interface Task {
        /** Does chunk {@code chunk}; different chunks write to different places. */
        void run(int chunk);
    }

    /**
     * Creates a pool of {@code threads} threads, the calling thread counted.
     *
     * @throws IllegalArgumentException if {@code threads} is below 1
     */
    public ThreadPool(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("thread pool: threads must be at least 1, got " + threads);
        }
        this.threads = threads;
        this.counters = new AtomicLongArray((threads + 1) * APART);
    }

    /**
     * The pool of this process: {@code -Dlrcc.threads}, by default one thread a processor (of those that the container grants).
     *
     * @throws InputException if the property is no number from 1 to {@value CpuFlags#MAX_THREADS}
     */
    public static ThreadPool shared() {
        CpuFlags.threads();
        return Shared.POOL;
    }

    /** Number of threads that work on a kernel, the caller counted. */
    public int threads() {
        return threads;
    }

    /** As {@link #run(int, Task)}, in the calling thread alone where there are few multiplications in all. */
    void run(long multiplications, int chunks, Task task) {
        if (multiplications >= SMALL) {
            run(chunks, task);
            return;
        }
        for (int i = 0; i < chunks; i++) {
            task.run(i);
        }
    }

    /**
     * Runs chunks {@code 0 .. chunks-1} and returns when all are done.
     *
     * <p>The first exception of a chunk is thrown here, after every chunk that had begun has ended; chunks not yet begun
     * are dropped.
     */
    public void run(int chunks, Task task) {
        if (threads == 1 || chunks <= 1 || Thread.currentThread() instanceof Worker || !enter()) {
            for (int i = 0; i < chunks; i++) {
                task.run(i);
            }
            return;
        }
        try {
            start();
            Job job = new Job(task, chunks, ++jobs);
            current = job;
            for (Worker w : workers) {
                w.wake();
            }
            job.work(0);
            job.awaitEnd();
        } finally {
            current = null;
            owner.unlock();
        }
    }

    /** Takes the pool for this thread; false when another thread has it or this one is already inside a chunk. */
    private boolean enter() {
        return !owner.isHeldByCurrentThread() && owner.tryLock();
    }

    private void start() {
        while (workers.size() < threads - 1) {
            Worker w = new Worker(workers.size() + 1);
            workers.add(w);
            w.start();
        }
    }

    private static final class Shared {
        static final ThreadPool POOL = new ThreadPool(CpuFlags.threads());
    }

    /** One call of {@link ThreadPool#run}. A worker that comes late finds no chunk left and goes back to waiting. */
    private final class Job {
        private final Task task;
        private final int chunks;
        private final int number;
        private volatile @Nullable Throwable error;

        Job(Task task, int chunks, int number) {
            this.task = task;
            this.chunks = chunks;
            this.number = number;
            begin(threads, 0);
            for (int t = 0; t < threads; t++) {
                begin(t, first(t));
            }
        }

        private void begin(int counter, int value) {
            counters.set(counter * APART, (long) number << 32 | value);
        }

        /** First chunk of a thread's part. */
        private int first(int thread) {
            return (int) ((long) chunks * thread / threads);
        }

        /** Runs what is left of the thread's own part, then of the others'. */
        void work(int thread) {
            for (int k = 0; k < threads; k++) {
                part((thread + k) % threads);
            }
        }

        private void part(int part) {
            int end = first(part + 1);
            int i;
            while ((i = next(part, end)) < end) {
                try {
                    if (error == null) {
                        task.run(i);
                    }
                } catch (Throwable t) {
                    failed(t);
                } finally {
                    next(threads, Integer.MAX_VALUE);
                }
            }
        }

        /** A counter's value, which it goes on from; {@code end} if it has come there or the job is over. */
        private int next(int counter, int end) {
            while (true) {
                long value = counters.get(counter * APART);
                if ((int) (value >>> 32) != number || (int) value >= end) {
                    return end;
                }
                if (counters.compareAndSet(counter * APART, value, value + 1)) {
                    return (int) value;
                }
            }
        }

        private synchronized void failed(Throwable t) {
            if (error == null) {
                error = t;
            }
        }

        void awaitEnd() {
            long deadline = 0;
            int spins = 0;
            while ((int) counters.get(threads * APART) < chunks) {
                Thread.onSpinWait();
                if (++spins % SPINS_BETWEEN_CLOCK_READS == 0) {
                    long now = System.nanoTime();
                    if (deadline == 0) {
                        deadline = now + SPIN_NANOS;
                    } else if (now > deadline) {
                        // More threads than free cores: let the one that holds the last chunk have this core.
                        LockSupport.parkNanos(20_000);
                    }
                }
            }
            Throwable t = error;
            if (t instanceof RuntimeException e) {
                throw e;
            }
            if (t instanceof Error e) {
                throw e;
            }
            if (t != null) {
                throw new IllegalStateException("kernel failed", t);
            }
        }
    }

    private final class Worker extends Thread {
        private volatile boolean parked;

        private final int number;

        Worker(int number) {
            super("lrcc-worker-" + number);
            this.number = number;
            setDaemon(true);
        }

        void wake() {
            if (parked) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            Job last = null;
            while (true) {
                last = awaitJob(last);
                last.work(number);
            }
        }

        private Job awaitJob(@Nullable Job last) {
            long deadline = System.nanoTime() + SPIN_NANOS;
            int spins = 0;
            while (true) {
                Job job = current;
                if (job != null && job != last) {
                    return job;
                }
                Thread.onSpinWait();
                if (++spins % SPINS_BETWEEN_CLOCK_READS == 0 && System.nanoTime() > deadline) {
                    parked = true;
                    job = current;
                    if (job == null || job == last) {
                        LockSupport.park(ThreadPool.this);
                    }
                    parked = false;
                    deadline = System.nanoTime() + SPIN_NANOS;
                }
            }
        }
    }
}
