package org.lrcc.nn.data;

import org.lrcc.engine.tensor.Tensor;

/**
 * Images on their way into a network.
 *
 * @param x input [N, 3, H, W], F32, normalised; or pixels, U8 [N, H, W, 3], see {@link LoaderOptions#pixels}. Whoever has used it may release it, so that its memory serves a later batch
 * @param labels class of each image
 * @param indices of the images in their data set
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier between loader and step, never compared
public record Batch(Tensor x, int[] labels, int[] indices) {
    /** Number of images. */
    public int size() {
        return labels.length;
    }
}
