package org.lrcc.nn.onnx;

/** Reads nodes of one operator. */
@FunctionalInterface
interface OpReader {
    /** Adds the node's layer, or computes its constant, and returns its first output. */
    Value read(GraphImporter graph, OpNode node);
}
