package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;

/**
 * The maximum of each window.
 *
 * @param geometry window, stride, padding, dilation, ceil mode
 */
public record MaxPool2d(PoolGeometry geometry) implements Layer {
    @Override
    public List<ParameterSpec> parameters() {
        return List.of();
    }

    @Override
    public Shape infer(Shape... in) {
        Inputs.check(kind(), in, 1, 1);
        return new org.lrcc.engine.op.MaxPool2d(geometry).infer(in);
    }

    @Override
    public Var forward(LayerContext c, Var... in) {
        return c.tape().apply(new org.lrcc.engine.op.MaxPool2d(geometry), in);
    }

    @Override
    public String kind() {
        return "MaxPool2d";
    }

    @Override
    public String details() {
        return geometry.kernelHeight() + "x" + geometry.kernelWidth() + ", stride "
                + Inputs.pair(geometry.strideHeight(), geometry.strideWidth());
    }
}
