package org.lrcc.engine.reference;

import org.lrcc.engine.tensor.Tensor;

/** What decompositions ask of a weight and its low-rank part: truncated squares, where a step aims, and how magnitudes are spread. */
final class ReferenceTruncation {
    private ReferenceTruncation() {}

    static void truncatedTarget(
            Tensor w, Tensor low, Tensor previous, double inertia, double lambda, double mu, Tensor x) {
        double[] wanted = Values.read(w);
        double[] at = Values.read(low);
        double[] before = Values.read(previous);
        double[] target = new double[at.length];
        double scale = lambda * Math.sqrt(mu * (mu + 1));
        for (int i = 0; i < at.length; i++) {
            double y = at[i] + inertia * (at[i] - before[i]);
            double e = wanted[i] - y;
            double weight = Double.isInfinite(mu)
                    ? Math.abs(e) < lambda ? 1 : 0
                    : Math.min(1, Math.max(0, scale / Math.abs(e) - mu));
            target[i] = weight == 1 ? wanted[i] : y + weight * e;
        }
        Values.write(target, x);
    }

    static double truncatedSquares(Tensor w, Tensor low, double lambda) {
        double[] wanted = Values.read(w);
        double[] at = Values.read(low);
        double total = 0;
        for (int i = 0; i < at.length; i++) {
            double e = (float) (wanted[i] - at[i]);
            total += Math.min(e * e, lambda * lambda);
        }
        return total;
    }

    static void magnitudeHistogram(Tensor x, int shift, int prefix, Tensor counts) {
        int[] found = Values.readInts(counts);
        int digits = Integer.numberOfTrailingZeros(found.length);
        for (double value : Values.read(x)) {
            int bits = Float.floatToRawIntBits((float) Math.abs(value));
            if (bits >>> shift >>> digits == prefix) {
                found[bits >>> shift & found.length - 1]++;
            }
        }
        Values.write(found, counts);
    }
}
