package org.lrcc.engine.autograd;

import java.util.List;
import org.lrcc.engine.tensor.Tensor;

/**
 * What an op's forward gives back.
 *
 * @param out the output; its reference passes to the tape (a view of an input is retained by the op)
 * @param saved what backward will read
 * @param updates what is to be committed with the step
 */
public record Forward(Tensor out, Saved saved, List<StateUpdate> updates) {
    /** An output with what backward needs. */
    public static Forward of(Tensor out, Saved saved) {
        return new Forward(out, saved, List.of());
    }
}
