package org.lrcc.nn.layer;

import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;

/** Small things that layers share. */
final class Inputs {
    private Inputs() {}

    /** Throws unless there are {@code least} to {@code most} inputs. */
    static void check(String kind, Shape[] in, int least, int most) {
        if (in.length < least || in.length > most) {
            throw new InputException(
                    kind + ": takes " + least + (most > least ? " or more" : "") + " input(s), got " + in.length);
        }
    }

    static String pair(int height, int width) {
        return height == width ? Integer.toString(height) : height + "x" + width;
    }
}
