package org.lrcc.nn.onnx;

import org.lrcc.engine.tensor.Shape;

/** A value in the file's graph, as the importer knows it. */
sealed interface Value permits Constant, Value.Feature, Value.Padded {
    /** Its shape, for a batch of 1. */
    Shape shape();

    /**
     * The output of a layer, or the network's input.
     *
     * @param layer name in the network
     */
    record Feature(String layer, Shape shape) implements Value {}

    /** A feature with zeros around it, waiting for the convolution or pooling that takes the zeros in. */
    record Padded(Feature inner, Shape shape, int top, int left, int bottom, int right) implements Value {}
}
