package org.lrcc.engine.contract;

import java.util.function.ToDoubleFunction;
import org.lrcc.engine.random.Philox;

/**
 * How the elements of an input are drawn. All values are floats, so that F32 and F64 runs begin with the same numbers.
 */
@FunctionalInterface
public interface Fill {
    /** {@code count} values from this generator. */
    double[] values(int count, Philox random);

    /** Uniform in [-1, 1). */
    Fill UNIFORM = each(random -> 2 * random.nextDouble() - 1);

    /** Uniform in [0.5, 1.5): variances, scales. */
    Fill POSITIVE = each(random -> 0.5 + random.nextDouble());

    /** Uniform in [7, 9): far from 0 compared with its spread. */
    Fill OFFSET = each(random -> 7 + 2 * random.nextDouble());

    /** Uniform in [-30, 30): logits that overflow where the maximum is not taken out. */
    Fill WIDE = each(random -> 60 * random.nextDouble() - 30);

    /** Uniform in [-1, 1) without (-0.05, 0.05): away from the kink at 0. */
    Fill AWAY_FROM_ZERO = each(random -> {
        double value = 2 * random.nextDouble() - 1;
        return value + Math.copySign(0.05, value);
    });

    /** 0 or 1. */
    Fill MASK = each(random -> random.nextInt(2));

    /** Bytes. */
    Fill BYTES = each(random -> random.nextInt(256));

    /** Distinct values at least 2^-7 apart, negative for the most part, in random order: maxima without ties. */
    Fill DISTINCT = (count, random) -> {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            values[i] = values[j];
            values[j] = (i - 0.8 * count) / 128;
        }
        for (int i = 0; i < count; i++) {
            values[i] = (float) values[i];
        }
        return values;
    };

    /** Different whole numbers from 0 to {@code limit - 1}, ascending; as many as there are at most. */
    static Fill ascending(int limit) {
        return (count, random) -> {
            double[] values = new double[count];
            for (int value = 0, at = 0; at < count; value++) {
                if (random.nextInt(limit - value) < count - at) {
                    values[at++] = value;
                }
            }
            return values;
        };
    }

    /** Whole numbers from 0 to {@code classes - 1}. */
    static Fill labels(int classes) {
        return each(random -> random.nextInt(classes));
    }

    /** Each value drawn alone. */
    static Fill each(ToDoubleFunction<Philox> draw) {
        return (count, random) -> {
            double[] values = new double[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) draw.applyAsDouble(random);
            }
            return values;
        };
    }
}
