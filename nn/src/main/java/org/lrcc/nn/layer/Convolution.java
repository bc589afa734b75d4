package org.lrcc.nn.layer;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.Activation;
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

    /**
     * activation(convolution(x) + residual). What follows is fused where the convolution has a bias or nothing is added.
     *
     * @param residual as the output, or null
     */
    default Var forward(LayerContext c, Activation activation, @Nullable Var residual, Var x) {
        Var w = weight(c);
        if (residual == null) {
            org.lrcc.engine.op.Conv2d op = new org.lrcc.engine.op.Conv2d(geometry(), activation);
            return hasBias()
                    ? c.tape().apply(op, x, w, c.parameter("bias"))
                    : c.tape().apply(op, x, w);
        }
        if (hasBias()) {
            return c.tape()
                    .apply(new org.lrcc.engine.op.Conv2d(geometry(), activation), x, w, c.parameter("bias"), residual);
        }
        Var y = c.tape().apply(new org.lrcc.engine.op.Conv2d(geometry()), x, w);
        Var sum = c.tape().apply(new org.lrcc.engine.op.Add(), y, residual);
        c.tape().release(y);
        if (activation.kind() == Activation.Kind.NONE) {
            return sum;
        }
        Var out = c.tape().apply(new org.lrcc.engine.op.Activate(activation), sum);
        c.tape().release(sum);
        return out;
    }

    @Override
    default Var forward(LayerContext c, Var... in) {
        return forward(c, Activation.NONE, null, in[0]);
    }

    @Override
    default Shape infer(Shape... in) {
        Inputs.check(kind(), in, 1, 1);
        return geometry().infer(in[0], weightShape());
    }

    @Override
    default String details() {
        Shape w = weightShape();
        ConvGeometry g = geometry();
        StringBuilder text =
                new StringBuilder(w.size(2) + "x" + w.size(3) + ", " + inChannels() + " to " + outChannels());
        if (g.strideHeight() != 1 || g.strideWidth() != 1) {
            text.append(", stride ").append(Inputs.pair(g.strideHeight(), g.strideWidth()));
        }
        if (g.dilationHeight() != 1 || g.dilationWidth() != 1) {
            text.append(", dilation ").append(Inputs.pair(g.dilationHeight(), g.dilationWidth()));
        }
        if (g.groups() != 1) {
            text.append(", groups ").append(g.groups());
        }
        return text.toString();
    }

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
