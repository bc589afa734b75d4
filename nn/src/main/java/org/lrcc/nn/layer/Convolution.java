package org.lrcc.nn.layer;

import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;

/**
 * A layer that is a two-dimensional convolution, whatever its weight is made of. Plans fold batch norm into it and fuse what follows. Its bias, where it has one, is the
 * parameter "bias".
 */
public interface Convolution extends Layer {
    /** How it walks over its input. */
    ConvGeometry geometry();

    /** Shape of the weight in use: [out, in / groups, kernelHeight, kernelWidth]. */
    Shape weightShape();

    /** Whether it has the parameter "bias", of shape [out]. */
    boolean hasBias();

    /** The weight in use: a plain convolution's parameter, a low-rank one's composed weight. */
    Var weight(LayerContext c);

    /** Channels in. */
    default int inChannels() {
        return weightShape().size(1) * geometry().groups();
    }

    /** Channels out. */
    default int outChannels() {
        return weightShape().size(0);
    }

    @Override
    default long macs(Shape... in) {
        Shape out = infer(in);
        return (long) out.elements() * weightShape().elements(1, 4);
    }
}
