package org.lrcc.engine.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.ChannelGroups;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.LowRankGradients;
import org.lrcc.engine.tensor.Shape;

/** Kernels for the processor, on heap arrays and one pool of threads. */
public final class CpuBackend implements Backend {
    /** The backend's name. */
    public static final String NAME = "cpu";

    /**
     * Multiplications with accumulation up to which a process is done sooner with plain loops: vectors are objects until C2 has compiled the loops they are in, which takes the better part of a second. Whole runs
     * of {@code lrcc predict} with vectors of 256 bits and with plain loops, two cores (start-2026-12-01.md): 25 million 1.12 and 0.69 s, 1 billion 2.35 and 1.60 s, 2 billion 2.38 and 2.53 s; not measured at other widths.
     */
    static final long SHORT_RUN = 1_000_000_000;

    private final ThreadPool pool;
    private final Instructions instructions;
    private @Nullable ChannelGroups groups;
    private @Nullable LowRankGradients lowRankGradients;

    /** A backend on a pool of its own; mostly for tests that compare numbers of threads. */
    public CpuBackend(ThreadPool pool) {
        this(pool, Instructions.get());
    }

    CpuBackend(ThreadPool pool, Instructions instructions) {
        this.pool = pool;
        this.instructions = instructions;
    }

    /** The backend on the process's pool. */
    public static CpuBackend shared() {
        CpuFlags.check();
        return Shared.BACKEND;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return instructions.description() + ", " + pool.threads() + (pool.threads() == 1 ? " thread" : " threads");
    }

    @Override
    public Kernels open() {
        return open(System.getProperty(ConvolutionChoice.PROPERTY, ConvolutionChoice.AUTO));
    }

    /** A session that computes convolutions by the algorithm of this name wherever it fits: direct, winograd or auto. */
    public Kernels open(String algorithm) {
        return new CpuKernels(this, pool, instructions, algorithm);
    }

    /** The algorithms that fit a pass of a convolution of x by w, with what the cost model predicts; one of them is chosen. */
    public List<ConvolutionCandidate> candidates(Shape x, Shape w, ConvGeometry geometry, ConvPass pass) {
        return instructions.convolution(pool, ConvolutionChoice.AUTO) instanceof ConvolutionChoice choice
                ? choice.candidates(ConvShape.of(x, w, geometry), pass)
                : List.of(new ConvolutionCandidate(ConvolutionChoice.AUTO, Double.NaN, true));
    }

    /** Number of threads that work on a kernel. */
    public int threads() {
        return pool.threads();
    }

    /** Width of the vectors in bits, 0 where plain loops run. */
    public int vectorBits() {
        return instructions.vectorBits();
    }

    @Override
    public KernelCosts costs() {
        return instructions.costs();
    }

    @Override
    public synchronized @Nullable ChannelGroups channelGroups() {
        ChannelGroups known = groups;
        if (known == null) {
            known = instructions.channelGroups(pool);
            groups = known;
        }
        return known;
    }

    @Override
    public boolean warmsUp() {
        return true;
    }

    /** Plain loops for little work, unless a flag asks for certain kernels. */
    @Override
    public Backend forShortRun(long macs) {
        boolean free = CpuFlags.vector().isEmpty() && System.getProperty(ConvolutionChoice.PROPERTY) == null;
        return free && macs <= SHORT_RUN ? new CpuBackend(pool, Instructions.scalar()) : this;
    }

    @Override
    public synchronized @Nullable LowRankGradients lowRankGradients() {
        LowRankGradients known = lowRankGradients;
        if (known == null) {
            known = instructions.lowRankGradients(pool);
            lowRankGradients = known;
        }
        return known;
    }

    private static final class Shared {
        static final CpuBackend BACKEND = new CpuBackend(ThreadPool.shared());
    }
}
