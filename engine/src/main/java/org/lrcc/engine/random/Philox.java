package org.lrcc.engine.random;

/**
 * Philox4x32-10, a counter-based generator: the n-th number of a stream is a function of key and n, so draws depend on nobody's order.
 *
 * <p>Source: J. K. Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011. The key is the seed; the upper counter
 * words are the stream, the lower ones the position.
 */
public final class Philox {
    private static final int M0 = 0xD2511F53;
    private static final int M1 = 0xCD9E8D57;
    private static final int W0 = 0x9E3779B9;
    private static final int W1 = 0xBB67AE85;

    private final long seed;
    private final long stream;
    private final int[] block = new int[4];
    private long position;
    private int used = 4;

    /** The generator of this seed and stream, at position 0. */
    public Philox(long seed, long stream) {
        this.seed = seed;
        this.stream = stream;
    }

    /** A stream id from parts (purpose, epoch, sample, ...): distinct parts give, with overwhelming probability, distinct streams. */
    public static long stream(long... parts) {
        long hash = 0x9E3779B97F4A7C15L;
        for (long part : parts) {
            hash = mix(hash ^ mix(part + 0x9E3779B97F4A7C15L));
        }
        return hash;
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** The next 32 random bits. */
    public int nextInt() {
        if (used == 4) {
            block(seed, stream, position++, block);
            used = 0;
        }
        return block[used++];
    }

    /** Uniform in [0, 1), 24 bits. */
    public float nextFloat() {
        return toFloat(nextInt());
    }

    /** Uniform in [0, 1), 53 bits. */
    public double nextDouble() {
        long high = nextInt() >>> 5;
        long low = nextInt() >>> 6;
        return (high * (1L << 26) + low) * 0x1.0p-53;
    }

    /** Uniform in [0, bound); the bias is below bound / 2^32. */
    public int nextInt(int bound) {
        return (int) (((nextInt() & 0xFFFFFFFFL) * bound) >>> 32);
    }

    /** Standard normal (Box-Muller, one of the pair). */
    public double nextGaussian() {
        double u = 1.0 - nextDouble();
        return Math.sqrt(-2.0 * Math.log(u)) * Math.cos(2.0 * Math.PI * nextDouble());
    }

    /** Uniform in [0, 1) from 32 random bits. */
    public static float toFloat(int bits) {
        return (bits >>> 8) * 0x1.0p-24f;
    }

    /** The four words at one counter; element i of a tensor uses word {@code i % 4} of counter {@code i / 4}. */
    public static void block(long seed, long stream, long counter, int[] out) {
        int c0 = (int) counter;
        int c1 = (int) (counter >>> 32);
        int c2 = (int) stream;
        int c3 = (int) (stream >>> 32);
        int k0 = (int) seed;
        int k1 = (int) (seed >>> 32);
        for (int round = 0; round < 10; round++) {
            long p0 = (M0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
            long p1 = (M1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
            int n0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            int n2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c1 = (int) p1;
            c3 = (int) p0;
            c0 = n0;
            c2 = n2;
            k0 += W0;
            k1 += W1;
        }
        out[0] = c0;
        out[1] = c1;
        out[2] = c2;
        out[3] = c3;
    }
}
