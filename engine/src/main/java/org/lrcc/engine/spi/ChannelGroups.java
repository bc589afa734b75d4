package org.lrcc.engine.spi;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * Inference with activations whose channels lie in groups: [N, C / group, H, W, group] instead of [N, C, H, W]. What a backend offers that computes convolutions faster in this
 * order; plans decide where it is used and nobody else sees it.
 *
 * <p>Where channels do not fill the last group it has others, which are zero behind a convolution, finite behind what follows it as long as that maps zero to something finite, and of no
 * weight in the next.
 *
 * <p>Thread-safe, as the backend is. Results do not depend on the number of threads.
 */
public interface ChannelGroups {
    /** Channels in a group. */
    int group();

    /**
     * Whether a convolution writes groups: one of all channels, or a depthwise one (groups, inputs and outputs are as many), which also reads them.
     *
     * @param weight [M, C / geometry.groups(), KH, KW]
     * @param groups whether its input is in groups; else in planes, [N, C, H, W]
     */
    boolean covers(Shape weight, ConvGeometry geometry, boolean groups);

    /**
     * A convolution with its weights prepared, in whatever forms its algorithms want: made when first needed, kept as long as the convolution.
     *
     * @param weight [M, C / geometry.groups(), KH, KW]; read whenever a form is first needed, so not to be changed
     * @param bias [M]
     * @param groups whether its input is in groups
     */
    Convolution convolution(Tensor weight, Tensor bias, Activation activation, ConvGeometry geometry, boolean groups);

    /** Maximum over windows; padding never wins, NaN wins over all. */
    void maxPool2d(Tensor x, PoolGeometry geometry, Tensor y);

    /** y [N, C] or [N, C, 1, 1], C less than the channels of x where these do not fill the last group = average over the pixels of x. */
    void globalAverage(Tensor x, Tensor y);

    /** Planes [N, C, H, W] of groups; C is that of y. */
    void toPlanes(Tensor x, Tensor y);

    /** The shape that [N, C, H, W] has in groups. */
    default Shape grouped(Shape planes) {
        int count = (planes.size(1) + group() - 1) / group();
        return Shape.of(planes.size(0), count, planes.size(2), planes.size(3), group());
    }

    /** The shape of [N, C / group, H, W, group] in planes of {@code channels}, of which the last group may be less than full. */
    default Shape planes(Shape grouped, int channels) {
        return Shape.of(grouped.size(0), channels, grouped.size(2), grouped.size(3));
    }

    /** A convolution with its weights prepared. Thread-safe. */
    interface Convolution {
        /**
         * y = activation(conv2d(x, weight) + bias + residual).
         *
         * @param x in groups or planes, as it was made for
         * @param residual as y, or null
         * @param y in groups
         */
        void run(Tensor x, @Nullable Tensor residual, Tensor y);
    }
}
