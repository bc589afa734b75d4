package org.lrcc.nn.layer;

import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;

/**
 * A tensor that a layer needs.
 *
 * @param name the local name ("weight"); the state knows it as the layer's name, a dot and this
 * @param shape its shape
 * @param dtype its element type
 * @param role what it is for
 */
public record ParameterSpec(String name, Shape shape, DType dtype, Role role) {
    /** A float tensor that trains. */
    public static ParameterSpec weight(String name, int... sizes) {
        return new ParameterSpec(name, Shape.of(sizes), DType.F32, Role.WEIGHT);
    }

    /** A float tensor that never trains. */
    public static ParameterSpec frozen(String name, int... sizes) {
        return new ParameterSpec(name, Shape.of(sizes), DType.F32, Role.FROZEN);
    }

    /** A float tensor of running statistics. */
    public static ParameterSpec buffer(String name, int... sizes) {
        return new ParameterSpec(name, Shape.of(sizes), DType.F32, Role.BUFFER);
    }
}
