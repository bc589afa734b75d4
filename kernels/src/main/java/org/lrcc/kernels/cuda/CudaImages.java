package org.lrcc.kernels.cuda;

import org.lrcc.engine.tensor.Tensor;

/** Launches what brings pixels of image files into a network's form (images.cu). */
final class CudaImages {
    private static final String MODULE = "images";
    private static final int PACK = 4;

    private final KernelQueue queue;

    CudaImages(KernelQueue queue) {
        this.queue = queue;
    }

    void normalize(Tensor x, float[] mean, float[] std, Tensor y) {
        long from = KernelQueue.address(x);
        long to = KernelQueue.address(y);
        int plane = y.shape().size(2) * y.shape().size(3);
        int pixels = y.shape().size(0) * plane;
        boolean packs = plane % PACK == 0 && from % PACK == 0 && to % (4 * PACK) == 0;
        int total = packs ? pixels / PACK : pixels;
        LaunchArguments arguments = queue.arguments().pointer(from);
        for (float m : mean) {
            arguments.float32(m);
        }
        for (float s : std) {
            arguments.float32(s);
        }
        arguments.pointer(to).int32(plane).int32(total);
        queue.launch1d(MODULE, packs ? "normalizeImages4" : "normalizeImages1", total);
    }
}
