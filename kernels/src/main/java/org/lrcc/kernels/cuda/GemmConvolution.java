package org.lrcc.kernels.cuda;

import org.lrcc.engine.spi.ConvGeometry;

/**
 * Convolution as products on cuBLAS around a matrix of columns [C KH KW, images, pixels], a chunk of the batch at a time so that the matrix stays within a
 * limit. cuBLAS counts by columns: a row-major matrix is a transposed one to it, so every product here is that of the transposes in reverse order.
 */
final class GemmConvolution {
    private static final String MODULE = "conv";

    private final KernelQueue queue;
    private final long limit;

    /** {@code limit} is how many bytes a chunk's matrices may take; one image's are taken whatever they are. */
    GemmConvolution(KernelQueue queue, long limit) {
        this.queue = queue;
        this.limit = limit;
    }

    private int chunk(ConvSizes s, long floatsPerImage) {
        // Kernels count elements with ints.
        long most = Math.min(limit / 4, Integer.MAX_VALUE) / Math.max(floatsPerImage, 1);
        return (int) Math.max(1, Math.min(s.n(), most));
    }

    private static long columnFloats(ConvSizes s) {
        return (long) s.c() * s.kh() * s.kw() * s.paddedPixels();
    }

    static LaunchArguments geometry(LaunchArguments arguments, ConvSizes s) {
        return arguments
                .int32(s.h())
                .int32(s.w())
                .int32(s.oh())
                .int32(s.ow())
                .int32(s.kh())
                .int32(s.kw())
                .int32(s.geometry().strideHeight())
                .int32(s.geometry().strideWidth())
                .int32(s.geometry().padTop())
                .int32(s.geometry().padLeft())
                .int32(s.geometry().dilationHeight())
                .int32(s.geometry().dilationWidth());
    }

    private void columns(ConvSizes s, long x, long columns) {
        int quads = Math.toIntExact(columnFloats(s) * s.n() / 4);
        LaunchArguments arguments =
                queue.arguments().pointer(x).pointer(columns).int32(s.n()).int32(s.c());
        geometry(arguments, s).int32(quads);
        queue.launch1d(MODULE, "im2col", quads);
    }

    /** y = conv(x, w). */
    void forward(ConvSizes s, long x, long w, long y) {
        boolean own = s.isPointwise();
        int chunk = own ? s.n() : chunk(s, columnFloats(s));
        try (Scratch scratch = queue.scratch(own ? 0 : 4 * columnFloats(s) * chunk)) {
            for (int first = 0; first < s.n(); first += chunk) {
                ConvSizes part = s.images(Math.min(chunk, s.n() - first));
                long images = x + 4L * first * s.c() * s.h() * s.w();
                if (!own) {
                    columns(part, images, scratch.address());
                }
                int row = own ? s.pixels() : part.n() * s.paddedPixels();
                for (int group = 0; group < s.groups(); group++) {
                    queue.gemmStridedBatched(
                            false,
                            false,
                            s.pixels(),
                            s.groupM(),
                            s.depth(),
                            1,
                            (own ? images : scratch.address()) + 4L * group * s.depth() * row,
                            row,
                            own ? (long) s.c() * s.pixels() : s.paddedPixels(),
                            w + 4L * group * s.groupM() * s.depth(),
                            s.depth(),
                            0,
                            0,
                            y + 4L * ((long) first * s.m() + (long) group * s.groupM()) * s.pixels(),
                            s.pixels(),
                            (long) s.m() * s.pixels(),
                            part.n());
                }
            }
        }
    }

    /** dx from dy and w. */
    void inputGrad(ConvSizes s, long dy, long w, long dx) {
        boolean own = s.isPointwise();
        int chunk = own ? s.n() : chunk(s, columnFloats(s));
        try (Scratch scratch = queue.scratch(own ? 0 : 4 * columnFloats(s) * chunk)) {
            for (int first = 0; first < s.n(); first += chunk) {
                ConvSizes part = s.images(Math.min(chunk, s.n() - first));
                long images = dx + 4L * first * s.c() * s.h() * s.w();
                int row = own ? s.pixels() : part.n() * s.paddedPixels();
                for (int group = 0; group < s.groups(); group++) {
                    queue.gemmStridedBatched(
                            false,
                            true,
                            s.pixels(),
                            s.depth(),
                            s.groupM(),
                            1,
                            dy + 4L * ((long) first * s.m() + (long) group * s.groupM()) * s.pixels(),
                            s.pixels(),
                            (long) s.m() * s.pixels(),
                            w + 4L * group * s.groupM() * s.depth(),
                            s.depth(),
                            0,
                            0,
                            (own ? images : scratch.address()) + 4L * group * s.depth() * row,
                            row,
                            own ? (long) s.c() * s.pixels() : s.paddedPixels(),
                            part.n());
                }
                if (!own) {
                    int pixels = part.n() * s.c() * s.h() * s.w();
                    LaunchArguments arguments = queue.arguments()
                            .pointer(scratch.address())
                            .pointer(images)
                            .int32(part.n())
                            .int32(s.c());
                    geometry(arguments, s).int32(pixels);
                    queue.launch1d(MODULE, "col2im", pixels);
                }
            }
        }
    }

    /** dw from x and dy: one product over all pixels of a chunk, so that chunks alone are added up. */
    void weightGrad(ConvSizes s, long x, long dy, long dw) {
        long outputs = (long) s.m() * s.paddedPixels();
        int chunk = chunk(s, columnFloats(s) + outputs);
        try (Scratch scratch = queue.scratch(4 * (columnFloats(s) + outputs) * chunk)) {
            // The output's gradient in the order of the columns is what a 1x1 kernel would see of it.
            ConvSizes one =
                    new ConvSizes(ConvGeometry.of(1, 0), s.n(), s.m(), s.oh(), s.ow(), s.m(), 1, 1, s.oh(), s.ow());
            for (int first = 0; first < s.n(); first += chunk) {
                ConvSizes part = s.images(Math.min(chunk, s.n() - first));
                long gradient = scratch.address() + 4 * columnFloats(s) * part.n();
                columns(part, x + 4L * first * s.c() * s.h() * s.w(), scratch.address());
                columns(one.images(part.n()), dy + 4L * first * s.m() * s.pixels(), gradient);
                int row = part.n() * s.paddedPixels();
                for (int group = 0; group < s.groups(); group++) {
                    queue.gemm(
                            true,
                            false,
                            s.depth(),
                            s.groupM(),
                            row,
                            1,
                            scratch.address() + 4L * group * s.depth() * row,
                            row,
                            gradient + 4L * group * s.groupM() * row,
                            row,
                            first == 0 ? 0 : 1,
                            dw + 4L * group * s.groupM() * s.depth(),
                            s.depth());
                }
            }
        }
    }
}
