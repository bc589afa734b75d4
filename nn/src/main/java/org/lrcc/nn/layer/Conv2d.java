package org.lrcc.nn.layer;

import java.util.ArrayList;
import java.util.List;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;

/**
 * torch's Conv2d. Parameters: "weight" [out, in / groups, kernelHeight, kernelWidth] and, with a bias, "bias" [out].
 *
 * @param in channels in
 * @param out channels out
 * @param kernelHeight kernel rows
 * @param kernelWidth kernel columns
 * @param geometry stride, padding, dilation, groups
 * @param bias whether it has a bias
 */
public record Conv2d(int in, int out, int kernelHeight, int kernelWidth, ConvGeometry geometry, boolean bias)
        implements Convolution {
    /** Checks the sizes. */
    public Conv2d {
        if (in < 1 || out < 1 || kernelHeight < 1 || kernelWidth < 1) {
            throw new InputException("conv2d: channels " + in + " to " + out + " and kernel " + kernelHeight + "x"
                    + kernelWidth + " must be at least 1");
        }
        if (in % geometry.groups() != 0 || out % geometry.groups() != 0) {
            throw new InputException(
                    "conv2d: channels " + in + " to " + out + " do not divide into " + geometry.groups() + " groups");
        }
    }

    @Override
    public List<ParameterSpec> parameters() {
        List<ParameterSpec> all = new ArrayList<>();
        all.add(ParameterSpec.weight("weight", weightShape().sizes()));
        if (bias) {
            all.add(ParameterSpec.weight("bias", out));
        }
        return all;
    }

    @Override
    public Shape weightShape() {
        return Shape.of(out, in / geometry.groups(), kernelHeight, kernelWidth);
    }

    @Override
    public boolean hasBias() {
        return bias;
    }

    @Override
    public Var weight(LayerContext c) {
        return c.parameter("weight");
    }

    @Override
    public String kind() {
        return "Conv2d";
    }
}
