package org.lrcc.lowrank;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;

/** Decomposes the weights of many layers; the result does not depend on the number of threads. */
final class Decomposer {
    /** One layer's weight to decompose. */
    record Job(String layer, Factorizer.Problem problem) {
        /** Work in arbitrary units. */
        double cost() {
            return (double) problem.rows() * problem.columns() * problem.rank() * problem.rank() * problem.steps();
        }
    }

    /** One layer's result and the time it took. */
    record Result(Factorization factorization, double seconds) {}

    private final Factorizer factorizer;
    private final Backend backend;
    private final List<Job> jobs;
    private final Meter meter;

    Decomposer(Factorizer factorizer, Backend backend, ConversionProgress progress, List<Job> jobs) {
        this.factorizer = factorizer;
        this.backend = backend;
        this.jobs = jobs;
        this.meter = new Meter(progress, jobs);
    }

    /** The jobs in the order in which work in parallel ends soonest. */
    static List<Job> costliestFirst(List<Job> jobs) {
        return jobs.stream()
                .sorted(Comparator.comparingDouble(Job::cost).reversed())
                .toList();
    }

    /** The results by layer, in the jobs' order. */
    Map<String, Result> run() {
        Map<String, Result> found = new ConcurrentHashMap<>();
        LayerWork.run(backend, jobs, (job, kernels) -> found.put(job.layer(), one(job, kernels)));
        Map<String, Result> results = new LinkedHashMap<>();
        for (Job job : jobs) {
            results.put(job.layer(), Objects.requireNonNull(found.get(job.layer())));
        }
        return results;
    }

    private Result one(Job job, Kernels kernels) {
        long start = System.nanoTime();
        return named(job, () -> {
            Factorization found = factorizer.factorize(job.problem(), kernels, meter.of(job));
            return new Result(found, (System.nanoTime() - start) * 1e-9);
        });
    }

    /** Does a layer's work; what fails in it says the layer's name. */
    static <T> T named(Job job, Supplier<T> work) {
        try {
            return work.get();
        } catch (InputException e) {
            throw new InputException("layer " + job.layer() + ": " + e.getMessage(), e);
        } catch (FailureException e) {
            throw new FailureException("layer " + job.layer() + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            throw new FailureException("layer " + job.layer() + ": " + e, e);
        }
    }
}
