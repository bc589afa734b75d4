package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Shape;

/** A node's function: immutable structure without tensors. Anybody may write one; plans fuse those they know and run the others as they are. */
public interface Layer {
    /** The tensors that it needs, under local names. */
    List<ParameterSpec> parameters();

    /** Output shape for these inputs; throws {@code InputException} naming rule and values where they do not fit. */
    Shape infer(Shape... in);

    /** Computes the output on the context's tape; an input may be the output. */
    Var forward(LayerContext c, Var... in);

    /** What it is, in one word: "Conv2d". */
    String kind();

    /** Multiplications with accumulation for these inputs; 0 where they do not count. */
    default long macs(Shape... in) {
        return 0;
    }

    /** The attributes worth telling in a listing, or nothing. */
    default String details() {
        return "";
    }
}
