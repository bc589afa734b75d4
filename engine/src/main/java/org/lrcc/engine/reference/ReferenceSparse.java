package org.lrcc.engine.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.Tensor;

/** Weights with a sparse part, whole with a mask or as a list of entries, and its L1 norm. */
final class ReferenceSparse {
    private ReferenceSparse() {}

    static void composeSparse(Tensor uv, Tensor s, Tensor mask, @Nullable Tensor noise, Tensor w) {
        double[] out = Values.read(uv);
        double[] sparse = Values.read(s);
        int[] off = Values.readInts(mask);
        double[] added = Values.readOptional(noise);
        for (int i = 0; i < out.length; i++) {
            out[i] += (off[i] != 0 ? 0 : sparse[i]) + (added == null ? 0 : added[i]);
        }
        Values.write(out, w);
    }

    static void maskedGrad(Tensor dw, Tensor mask, Tensor ds) {
        double[] gradient = Values.read(dw);
        int[] off = Values.readInts(mask);
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = off[i] != 0 ? 0 : gradient[i];
        }
        Values.write(gradient, ds);
    }

    static void scatterAdd(Tensor values, Tensor indices, Tensor y) {
        double[] added = Values.read(values);
        int[] at = Values.readInts(indices);
        double[] out = Values.read(y);
        for (int i = 0; i < at.length; i++) {
            out[at[i]] += added[i];
        }
        Values.write(out, y);
    }

    static void gather(Tensor x, Tensor indices, Tensor values) {
        double[] in = Values.read(x);
        int[] at = Values.readInts(indices);
        double[] out = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            out[i] = in[at[i]];
        }
        Values.write(out, values);
    }

    static void absSum(Tensor x, Tensor sum) {
        double total = 0;
        for (double value : Values.read(x)) {
            total += Math.abs(value);
        }
        Values.write(new double[] {total}, sum);
    }

    static void absSumGrad(Tensor x, Tensor dy, Tensor dx) {
        double gradient = dy.item();
        Values.write(
                Arrays.stream(Values.read(x))
                        .map(v -> gradient * Math.signum(v))
                        .toArray(),
                dx);
    }
}
