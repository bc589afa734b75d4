package org.lrcc.nn.train;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.op.NormalizeImages;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Tensor;

/**
 * Brings batches to where they are worked on. A backend with memory of its own is given pixels, a quarter of the bytes, and normalises them itself; on the heap the
 * loader's threads do it, beside the step. Both give the same bits.
 */
final class BatchUpload {
    /** Of batches that are a network's input as they are. */
    static final BatchUpload PLAIN = new BatchUpload(null);

    private static final Wants NOTHING = input -> false;

    private final @Nullable NormalizeImages normalization;

    private BatchUpload(@Nullable NormalizeImages normalization) {
        this.normalization = normalization;
    }

    /** Of a source's batches. */
    static BatchUpload of(BatchSource source) {
        return new BatchUpload(source.normalization());
    }

    /** The source in the form that suits a backend. */
    static BatchSource suited(Backend backend, BatchSource source) {
        BatchSource pixels = source.asPixels();
        if (pixels == source) {
            return source;
        }
        try (Kernels k = backend.open()) {
            return k.worksOnHeap() ? source : pixels;
        }
    }

    /** A batch, or a part of one, as a network's input in a backend's memory; the caller's. */
    Tensor to(Kernels k, Tensor x) {
        Tensor there = k.upload(x);
        if (normalization == null || x.dtype() != DType.U8) {
            return there;
        }
        try {
            return normalization.forward(k, NOTHING, there).out();
        } finally {
            there.release();
        }
    }
}
