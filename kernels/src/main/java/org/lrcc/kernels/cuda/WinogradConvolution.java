package org.lrcc.kernels.cuda;

import org.lrcc.engine.spi.Activation;

/**
 * Convolution by Winograd's F(4x4, 3x3): transforms of {@code winograd.cu} around 36 products on cuBLAS, a chunk of the batch at a time so that the
 * transformed tiles stay within a limit. Like {@link GemmConvolution}, products are those of the transposes in reverse order.
 */
final class WinogradConvolution {
    private static final String MODULE = "winograd";
    private static final int PRODUCTS = 36;

    /** What follows the products of a forward pass; addresses are 0 where there is none. */
    record Epilogue(long bias, long residual, Activation activation) {
        static final Epilogue NOTHING = new Epilogue(0, 0, Activation.NONE);
    }

    private final KernelQueue queue;
    private final long limit;

    WinogradConvolution(KernelQueue queue, long limit) {
        this.queue = queue;
        this.limit = limit;
    }

    private int chunk(ConvSizes s) {
        long floats = (long) PRODUCTS * (s.c() + s.m()) * (s.tilesHigh() * s.tilesWide() + 3);
        return (int) Math.max(1, Math.min(s.n(), Math.min(limit / 4, Integer.MAX_VALUE) / floats));
    }

    private static LaunchArguments tiles(LaunchArguments arguments, ConvSizes s) {
        return arguments.int32(s.tilesHigh()).int32(s.tilesWide());
    }

    /** y = activation(conv(x, w) + bias + residual). */
    void forward(ConvSizes s, long x, long w, Epilogue epilogue, long y) {
        try (Scratch kernels = queue.scratch(4L * PRODUCTS * s.m() * s.c())) {
            queue.arguments().pointer(w).pointer(kernels.address()).int32(s.m() * s.c());
            queue.launch1d(MODULE, "winogradKernel", s.m() * s.c());
            convolve(s, x, kernels.address(), epilogue, y);
        }
    }

    /** dx from dy and w. */
    void inputGrad(ConvSizes s, long dy, long w, long dx) {
        try (Scratch kernels = queue.scratch(4L * PRODUCTS * s.m() * s.c())) {
            queue.arguments()
                    .pointer(w)
                    .pointer(kernels.address())
                    .int32(s.m())
                    .int32(s.c())
                    .int32(s.m() * s.c());
            queue.launch1d(MODULE, "winogradKernelTurned", s.m() * s.c());
            convolve(s.backwards(), dy, kernels.address(), Epilogue.NOTHING, dx);
        }
    }

    private void convolve(ConvSizes s, long x, long kernels, Epilogue epilogue, long y) {
        int chunk = chunk(s);
        int most = s.images(chunk).tiles();
        try (Scratch inputs = queue.scratch(4L * PRODUCTS * s.c() * most);
                Scratch products = queue.scratch(4L * PRODUCTS * s.m() * most)) {
            for (int first = 0; first < s.n(); first += chunk) {
                ConvSizes part = s.images(Math.min(chunk, s.n() - first));
                int tiles = part.tiles();
                input(part, x + 4L * first * s.c() * s.h() * s.w(), inputs.address());
                queue.exactly(() -> queue.gemmStridedBatched(
                        false,
                        false,
                        tiles,
                        s.m(),
                        s.c(),
                        1,
                        inputs.address(),
                        tiles,
                        (long) s.c() * tiles,
                        kernels,
                        s.c(),
                        (long) s.m() * s.c(),
                        0,
                        products.address(),
                        tiles,
                        (long) s.m() * tiles,
                        PRODUCTS));
                output(part, products.address(), epilogue, y, first);
            }
        }
    }

    private void input(ConvSizes s, long x, long inputs) {
        int total = Math.multiplyExact(s.c(), s.tiles());
        LaunchArguments arguments = queue.arguments()
                .pointer(x)
                .pointer(inputs)
                .int32(s.n())
                .int32(s.c())
                .int32(s.h())
                .int32(s.w());
        tiles(arguments, s)
                .int32(s.geometry().padTop())
                .int32(s.geometry().padLeft())
                .int32(s.tiles())
                .int32(total);
        queue.launch1d(MODULE, "winogradInput", total);
    }

    /** {@code first} is the chunk's first image, to which addresses of the whole batch are moved. */
    private void output(ConvSizes s, long products, Epilogue epilogue, long y, int first) {
        int total = Math.multiplyExact(s.m(), s.tiles());
        long offset = 4L * first * s.m() * s.pixels();
        Activation activation = epilogue.activation();
        LaunchArguments arguments = queue.arguments()
                .pointer(products)
                .pointer(epilogue.bias())
                .pointer(epilogue.residual() == 0 ? 0 : epilogue.residual() + offset)
                .int32(activation.kind().ordinal())
                .float32(activation.a())
                .float32(activation.b())
                .pointer(y + offset)
                .int32(s.n())
                .int32(s.m())
                .int32(s.oh())
                .int32(s.ow());
        tiles(arguments, s).int32(s.tiles()).int32(total);
        queue.launch1d(MODULE, "winogradOutput", total);
    }

    /** dw from x and dy: the products run over the tiles, chunks are added up. */
    void weightGrad(ConvSizes s, long x, long dy, long dw) {
        int chunk = chunk(s);
        int most = s.images(chunk).tiles();
        try (Scratch inputs = queue.scratch(4L * PRODUCTS * s.c() * most);
                Scratch outputs = queue.scratch(4L * PRODUCTS * s.m() * most);
                Scratch sums = queue.scratch(4L * PRODUCTS * s.m() * s.c())) {
            for (int first = 0; first < s.n(); first += chunk) {
                ConvSizes part = s.images(Math.min(chunk, s.n() - first));
                int tiles = part.tiles();
                float more = first == 0 ? 0 : 1;
                input(part, x + 4L * first * s.c() * s.h() * s.w(), inputs.address());
                outputGrad(part, dy + 4L * first * s.m() * s.pixels(), outputs.address());
                queue.exactly(() -> queue.gemmStridedBatched(
                        true,
                        false,
                        s.c(),
                        s.m(),
                        tiles,
                        1,
                        inputs.address(),
                        tiles,
                        (long) s.c() * tiles,
                        outputs.address(),
                        tiles,
                        (long) s.m() * tiles,
                        more,
                        sums.address(),
                        s.c(),
                        (long) s.m() * s.c(),
                        PRODUCTS));
            }
            queue.arguments().pointer(sums.address()).pointer(dw).int32(s.m() * s.c());
            queue.launch1d(MODULE, "winogradKernelGrad", s.m() * s.c());
        }
    }

    private void outputGrad(ConvSizes s, long dy, long outputs) {
        int total = Math.multiplyExact(s.m(), s.tiles());
        LaunchArguments arguments = queue.arguments()
                .pointer(dy)
                .pointer(outputs)
                .int32(s.n())
                .int32(s.m())
                .int32(s.oh())
                .int32(s.ow());
        tiles(arguments, s).int32(s.tiles()).int32(total);
        queue.launch1d(MODULE, "winogradOutputGrad", total);
    }
}
