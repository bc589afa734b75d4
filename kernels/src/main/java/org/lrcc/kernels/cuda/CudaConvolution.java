package org.lrcc.kernels.cuda;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.tensor.Tensor;

/** Convolution and its gradients: chooses the algorithm of each layer and pass, and launches the direct kernels itself. */
final class CudaConvolution {
    /** Bytes that the matrices of a chunk may take, unless {@code -Dlrcc.cuda.workspace} says otherwise. */
    private static final long WORKSPACE = 256L << 20;

    private static final String MODULE = "conv";
    private static final int PACK = 4;
    /** Threads of a block that sums one element of a weight's gradient. */
    private static final int BLOCK = 256;

    private final KernelQueue queue;
    private final @Nullable ConvAlgorithm forced;
    private final GemmConvolution gemm;
    private final WinogradConvolution winograd;

    CudaConvolution(KernelQueue queue) {
        this(queue, ConvAlgorithm.forced(), Long.getLong("lrcc.cuda.workspace", WORKSPACE));
    }

    /** {@code forced} is used wherever it can be; null leaves the choice to the cost model. */
    CudaConvolution(KernelQueue queue, @Nullable ConvAlgorithm forced, long workspace) {
        this.queue = queue;
        this.forced = forced;
        this.gemm = new GemmConvolution(queue, workspace);
        this.winograd = new WinogradConvolution(queue, workspace);
    }

    private ConvCost costs() {
        return ConvCost.of(queue.roundsProducts());
    }

    void forward(
            Tensor x,
            Tensor w,
            @Nullable Tensor bias,
            @Nullable Tensor residual,
            Activation activation,
            ConvGeometry geometry,
            Tensor y) {
        ConvSizes s = ConvSizes.of(geometry, x.shape(), w.shape());
        long from = KernelQueue.address(x);
        long weight = KernelQueue.address(w);
        long to = KernelQueue.address(y);
        switch (costs().choose(s, ConvPass.FORWARD, forced)) {
            case WINOGRAD ->
                winograd.forward(
                        s,
                        from,
                        weight,
                        new WinogradConvolution.Epilogue(
                                KernelQueue.address(bias), KernelQueue.address(residual), activation),
                        to);
            case GEMM -> {
                gemm.forward(s, from, weight, to);
                epilogue(s, bias, residual, activation, y);
            }
            case DIRECT -> {
                LaunchArguments arguments = queue.arguments()
                        .pointer(from)
                        .pointer(weight)
                        .pointer(KernelQueue.address(bias))
                        .pointer(KernelQueue.address(residual));
                activation(arguments, activation).pointer(to);
                direct(arguments, s).int32(y.elements());
                queue.launch1d(MODULE, "convGrouped", y.elements());
            }
        }
    }

    private static LaunchArguments activation(LaunchArguments arguments, Activation activation) {
        return arguments
                .int32(activation.kind().ordinal())
                .float32(activation.a())
                .float32(activation.b());
    }

    private static LaunchArguments direct(LaunchArguments arguments, ConvSizes s) {
        arguments.int32(s.c()).int32(s.m()).int32(s.groupC()).int32(s.groupM());
        return GemmConvolution.geometry(arguments, s);
    }

    private void epilogue(
            ConvSizes s, @Nullable Tensor bias, @Nullable Tensor residual, Activation activation, Tensor y) {
        if (bias == null && residual == null && activation.kind() == Activation.Kind.NONE) {
            return;
        }
        long to = KernelQueue.address(y);
        long added = KernelQueue.address(residual);
        boolean packs = s.pixels() % PACK == 0 && (to | added) % (4 * PACK) == 0;
        int total = packs ? y.elements() / PACK : y.elements();
        LaunchArguments arguments =
                queue.arguments().pointer(to).pointer(KernelQueue.address(bias)).pointer(added);
        activation(arguments, activation).int32(s.m()).int32(s.pixels()).int32(total);
        queue.launch1d(MODULE, packs ? "convEpilogue4" : "convEpilogue1", total);
    }

    void inputGrad(Tensor dy, Tensor w, ConvGeometry geometry, Tensor dx) {
        ConvSizes s = ConvSizes.of(geometry, dx.shape(), w.shape());
        long from = KernelQueue.address(dy);
        long weight = KernelQueue.address(w);
        long to = KernelQueue.address(dx);
        switch (costs().choose(s, ConvPass.INPUT_GRADIENT, forced)) {
            case WINOGRAD -> winograd.inputGrad(s, from, weight, to);
            case GEMM -> gemm.inputGrad(s, from, weight, to);
            case DIRECT -> {
                LaunchArguments arguments =
                        queue.arguments().pointer(from).pointer(weight).pointer(to);
                direct(arguments, s).int32(dx.elements());
                queue.launch1d(MODULE, "convGroupedInputGrad", dx.elements());
            }
        }
    }

    void weightGrad(Tensor x, Tensor dy, ConvGeometry geometry, Tensor dw) {
        ConvSizes s = ConvSizes.of(geometry, x.shape(), dw.shape());
        long from = KernelQueue.address(x);
        long gradient = KernelQueue.address(dy);
        long to = KernelQueue.address(dw);
        switch (costs().choose(s, ConvPass.WEIGHT_GRADIENT, forced)) {
            case WINOGRAD -> winograd.weightGrad(s, from, gradient, to);
            case GEMM -> gemm.weightGrad(s, from, gradient, to);
            case DIRECT -> {
                LaunchArguments arguments = queue.arguments()
                        .pointer(from)
                        .pointer(gradient)
                        .pointer(to)
                        .int32(s.n());
                direct(arguments, s);
                queue.launch(MODULE, "convGroupedWeightGrad", dw.elements(), 1, BLOCK);
            }
        }
    }
}
