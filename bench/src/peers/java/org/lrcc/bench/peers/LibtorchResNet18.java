package org.lrcc.bench.peers;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import java.util.List;

/** torchvision's ResNet18 in DJL's blocks, so that libtorch runs the very layers that we run. */
final class LibtorchResNet18 {
    private static final int[] CHANNELS = {64, 128, 256, 512};

    private LibtorchResNet18() {}

    static Block of(int classes) {
        SequentialBlock net = new SequentialBlock()
                .add(conv(64, 7, 2, 3))
                .add(batchNorm())
                .add(Activation::relu)
                .add(Pool.maxPool2dBlock(new Shape(3, 3), new Shape(2, 2), new Shape(1, 1)));
        int in = 64;
        for (int stage = 0; stage < 4; stage++) {
            for (int block = 0; block < 2; block++) {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                net.add(basicBlock(in, CHANNELS[stage], stride)).add(Activation::relu);
                in = CHANNELS[stage];
            }
        }
        return net.add(Pool.globalAvgPool2dBlock())
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(classes).build());
    }

    private static Block basicBlock(int in, int out, int stride) {
        SequentialBlock body = new SequentialBlock()
                .add(conv(out, 3, stride, 1))
                .add(batchNorm())
                .add(Activation::relu)
                .add(conv(out, 3, 1, 1))
                .add(batchNorm());
        Block shortcut = stride == 1 && in == out
                ? new LambdaBlock(list -> new NDList(list.singletonOrThrow()))
                : new SequentialBlock().add(conv(out, 1, stride, 0)).add(batchNorm());
        return new ParallelBlock(
                results -> new NDList(
                        results.get(0).singletonOrThrow().add(results.get(1).singletonOrThrow())),
                List.of(body, shortcut));
    }

    private static Block conv(int filters, int kernel, int stride, int padding) {
        return Conv2d.builder()
                .setFilters(filters)
                .setKernelShape(new Shape(kernel, kernel))
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(padding, padding))
                .optBias(false)
                .build();
    }

    private static Block batchNorm() {
        return BatchNorm.builder().optEpsilon(1e-5f).optMomentum(0.9f).build();
    }
}
