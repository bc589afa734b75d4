package org.lrcc.nn.layer;

import java.util.List;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;

/**
 * The average of each window.
 *
 * @param geometry window, stride, padding, whether padding counts
 */
public record AvgPool2d(PoolGeometry geometry) implements Layer {
    @Override
    public List<ParameterSpec> parameters() {
        return List.of();
    }

    @Override
    public Shape infer(Shape... in) {
        Inputs.check(kind(), in, 1, 1);
        return new org.lrcc.engine.op.AvgPool2d(geometry).infer(in);
    }

    @Override
    public Var forward(LayerContext c, Var... in) {
        return c.tape().apply(new org.lrcc.engine.op.AvgPool2d(geometry), in);
    }

    @Override
    public String kind() {
        return "AvgPool2d";
    }

    @Override
    public String details() {
        return geometry.kernelHeight() + "x" + geometry.kernelWidth() + ", stride "
                + Inputs.pair(geometry.strideHeight(), geometry.strideWidth());
    }
}
