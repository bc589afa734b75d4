package org.lrcc.engine.cpu;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.linalg.EjmlGemm;
import org.lrcc.engine.cpu.simd.PreferredWidth;
import org.lrcc.engine.cpu.simd.VectorDepthwise;
import org.lrcc.engine.cpu.simd.VectorFactorLoops;
import org.lrcc.engine.cpu.simd.VectorGroups;
import org.lrcc.engine.cpu.simd.VectorLoops;
import org.lrcc.engine.cpu.simd.VectorRankTiles;
import org.lrcc.engine.cpu.simd.VectorTiles;
import org.lrcc.engine.cpu.simd.VectorWinograd;
import org.lrcc.engine.spi.ChannelGroups;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.spi.LowRankGradients;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * With what the CPU backend computes, chosen once: the Vector API where its module is readable, the JVM compiles and its vectors are of a width that there are loops for; otherwise plain loops, with
 * explicit im2col and EJML's float matrices for products, and one warning that names the cure. {@code -Dlrcc.cpu.vector=128|256|512} forces a width,
 * {@code scalar} the plain loops.
 *
 * <p>Classes that use the Vector API are first touched in {@link Vector}, so that nothing fails to load where the module is missing.
 */
abstract class Instructions {
    private static final Logger LOG = LoggerFactory.getLogger(Instructions.class);
    private static final String MODULE = "jdk.incubator.vector";

    static Instructions get() {
        CpuFlags.vector();
        return Holder.CHOSEN;
    }

    /** Plain loops and EJML. */
    static Instructions scalar() {
        return new Scalar();
    }

    abstract String description();

    abstract Loops loops();

    abstract FactorLoops factorLoops();

    abstract Gemm gemm(ThreadPool pool);

    /** Convolutions by the algorithm of this name: direct, winograd or auto. */
    abstract Convolution convolution(ThreadPool pool, String algorithm);

    /** Width of the vectors in bits, 0 where there are none. */
    abstract int vectorBits();

    /** What kernels are predicted to take. */
    abstract KernelCosts costs();

    /** Inference on channels in groups, or null. */
    abstract @Nullable ChannelGroups channelGroups(ThreadPool pool);

    /** Gradients of two factors at once, or null. */
    abstract @Nullable LowRankGradients lowRankGradients(ThreadPool pool);

    private static Instructions choose() {
        if (CpuFlags.vector().equals("scalar")) {
            return new Scalar();
        }
        if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
            LOG.warn(
                    "the Vector API is not readable: the CPU backend runs plain loops, several times slower; start java with --add-modules {}",
                    MODULE);
            return new Scalar();
        }
        String info = System.getProperty("java.vm.info", "").toLowerCase(Locale.ROOT);
        if (info.contains("interpreted")) {
            LOG.warn("the JVM only interprets ({}): the CPU backend runs plain loops; leave out -Xint", info);
            return new Scalar();
        }
        if (info.contains("emulated-client")) {
            LOG.warn(
                    "the JVM compiles without C2 ({}): the CPU backend runs plain loops; leave out -XX:TieredStopAtLevel",
                    info);
            return new Scalar();
        }
        int preferred = PreferredWidth.bits();
        String forced = CpuFlags.vector();
        int bits = forced.isEmpty() ? preferred : Integer.parseInt(forced);
        String without = withoutLoops(bits);
        if (without != null) {
            LOG.warn(without);
            return new Scalar();
        }
        if (bits > preferred) {
            LOG.warn(
                    "-D{}={} is wider than the {} bits that the JVM has: it emulates such vectors, tens of times slower; leave the flag out",
                    CpuFlags.VECTOR,
                    bits,
                    preferred);
        }
        return new Vector();
    }

    /** Says that there are no loops for vectors of this width, and the cure; null where there are. */
    static @Nullable String withoutLoops(int bits) {
        if (bits == 128 || bits == 256 || bits == 512) {
            return null;
        }
        String cure = bits < 128
                ? "leave out -XX:MaxVectorSize"
                : "start java with -D" + CpuFlags.VECTOR + "=" + (bits > 512 ? 512 : bits > 256 ? 256 : 128);
        return "the JVM prefers vectors of " + bits
                + " bits, but there are loops for 128, 256 and 512 only: the CPU backend runs plain loops, several times slower; "
                + cure;
    }

    private static final class Holder {
        static final Instructions CHOSEN = choose();
    }

    private static final class Vector extends Instructions {
        private final Tiles tiles = new VectorTiles();
        private final WinogradTiles winograd = new VectorWinograd();
        private final GroupLoops groups = new VectorGroups();
        private final Loops loops = new VectorLoops();
        private final FactorLoops factorLoops = new VectorFactorLoops();
        private final CpuCosts costs = new CpuCosts(AlgorithmModel.of(tiles.lanes()));

        @Override
        String description() {
            return "Vector API, " + vectorBits() + " bits";
        }

        @Override
        int vectorBits() {
            return Float.SIZE * tiles.lanes();
        }

        @Override
        Loops loops() {
            return loops;
        }

        @Override
        FactorLoops factorLoops() {
            return factorLoops;
        }

        @Override
        Gemm gemm(ThreadPool pool) {
            return new PackedGemm(pool, tiles);
        }

        @Override
        ChannelGroups channelGroups(ThreadPool pool) {
            String algorithm = System.getProperty(ConvolutionChoice.PROPERTY, ConvolutionChoice.AUTO);
            return new CpuChannelGroups(pool, groups, new VectorDepthwise(), winograd, choice(pool, algorithm));
        }

        @Override
        Convolution convolution(ThreadPool pool, String algorithm) {
            return choice(pool, algorithm);
        }

        private ConvolutionChoice choice(ThreadPool pool, String algorithm) {
            Convolution packed = new PackedConvolution(pool, tiles);
            return new ConvolutionChoice(
                    strided(pool, packed),
                    new WinogradConvolution(pool, tiles, winograd),
                    AlgorithmModel.of(tiles.lanes()),
                    algorithm);
        }

        private Convolution strided(ThreadPool pool, Convolution packed) {
            if (StridedConvolution.pays(groups)) {
                return new StridedConvolution(pool, tiles, winograd, groups, packed);
            }
            return PackedStrides.pays(groups) ? new PackedStrides(pool, tiles, winograd, groups, packed) : packed;
        }

        @Override
        LowRankGradients lowRankGradients(ThreadPool pool) {
            return new CpuLowRankGradients(pool, tiles, new VectorRankTiles(), costs);
        }

        @Override
        KernelCosts costs() {
            return costs;
        }
    }

    private static final class Scalar extends Instructions {
        private final Loops loops = new PlainLoops();
        private static final KernelCosts COSTS = KernelCosts.ofRates(8, 1, 5000);

        private final FactorLoops factorLoops = new PlainFactorLoops();

        @Override
        String description() {
            return "plain loops and EJML";
        }

        @Override
        int vectorBits() {
            return 0;
        }

        @Override
        Loops loops() {
            return loops;
        }

        @Override
        FactorLoops factorLoops() {
            return factorLoops;
        }

        @Override
        Gemm gemm(ThreadPool pool) {
            return new EjmlGemm();
        }

        @Override
        Convolution convolution(ThreadPool pool, String algorithm) {
            return new Im2colConvolution(pool, gemm(pool));
        }

        @Override
        @Nullable
        LowRankGradients lowRankGradients(ThreadPool pool) {
            return null;
        }

        @Override
        KernelCosts costs() {
            return COSTS;
        }

        @Override
        @Nullable
        ChannelGroups channelGroups(ThreadPool pool) {
            return null;
        }
    }
}
