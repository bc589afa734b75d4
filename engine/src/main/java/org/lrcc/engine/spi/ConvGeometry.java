package org.lrcc.engine.spi;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;

/**
 * How a two-dimensional convolution walks over its input; x is [N, C, H, W], the weight [M, C / groups, kernelHeight, kernelWidth].
 *
 * @param strideHeight rows between outputs
 * @param strideWidth columns between outputs
 * @param padTop zero rows above
 * @param padLeft zero columns to the left
 * @param padBottom zero rows below
 * @param padRight zero columns to the right
 * @param dilationHeight rows between kernel rows
 * @param dilationWidth columns between kernel columns
 * @param groups independent groups of channels
 */
public record ConvGeometry(
        int strideHeight,
        int strideWidth,
        int padTop,
        int padLeft,
        int padBottom,
        int padRight,
        int dilationHeight,
        int dilationWidth,
        int groups) {
    /** Checks the values: strides, dilations and groups at least 1, paddings at least 0. */
    public ConvGeometry {
        if (strideHeight < 1 || strideWidth < 1 || dilationHeight < 1 || dilationWidth < 1 || groups < 1) {
            throw new InputException("conv2d: stride [" + strideHeight + "," + strideWidth + "], dilation ["
                    + dilationHeight + "," + dilationWidth + "] and groups " + groups + " must be at least 1");
        }
        if (padTop < 0 || padLeft < 0 || padBottom < 0 || padRight < 0) {
            throw new InputException("conv2d: padding [" + padTop + "," + padLeft + "," + padBottom + "," + padRight
                    + "] must not be negative");
        }
    }

    /** As a record's: it is part of what plans are remembered by, and spelled out it is compared at once. */
    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || other instanceof ConvGeometry g
                        && strideHeight == g.strideHeight
                        && strideWidth == g.strideWidth
                        && padTop == g.padTop
                        && padLeft == g.padLeft
                        && padBottom == g.padBottom
                        && padRight == g.padRight
                        && dilationHeight == g.dilationHeight
                        && dilationWidth == g.dilationWidth
                        && groups == g.groups;
    }

    @Override
    public int hashCode() {
        int strides = 31 * strideHeight + strideWidth;
        int pads = ((31 * padTop + padLeft) * 31 + padBottom) * 31 + padRight;
        return ((31 * strides + pads) * 31 + 7 * dilationHeight + dilationWidth) * 31 + groups;
    }

    /** The same stride and padding on both axes, dilation 1, one group. */
    public static ConvGeometry of(int stride, int padding) {
        return of(stride, padding, 1, 1);
    }

    /** The same stride, padding and dilation on both axes. */
    public static ConvGeometry of(int stride, int padding, int dilation, int groups) {
        return new ConvGeometry(stride, stride, padding, padding, padding, padding, dilation, dilation, groups);
    }

    /** Output rows for {@code height} input rows and a kernel of {@code kernel} rows. */
    public int outHeight(int height, int kernel) {
        return out(height, kernel, strideHeight, padTop, padBottom, dilationHeight);
    }

    /** Output columns for {@code width} input columns and a kernel of {@code kernel} columns. */
    public int outWidth(int width, int kernel) {
        return out(width, kernel, strideWidth, padLeft, padRight, dilationWidth);
    }

    private static int out(int size, int kernel, int stride, int before, int after, int dilation) {
        return Math.toIntExact(((long) size + before + after - (long) dilation * (kernel - 1) - 1) / stride + 1);
    }

    /** Output shape [N, M, OH, OW] for x [N, C, H, W] and weight [M, C / groups, KH, KW]; throws where they do not fit. */
    public Shape infer(Shape x, Shape weight) {
        if (x.rank() != 4 || weight.rank() != 4) {
            throw new InputException("conv2d: input " + x + " and weight " + weight + " must have 4 axes");
        }
        if (x.size(1) != weight.size(1) * groups || weight.size(0) % groups != 0) {
            throw new InputException("conv2d: input " + x + " does not have the channels of weight " + weight + " in "
                    + groups + " group(s)");
        }
        // In long: a hostile file's dilation or padding must not wrap around to something that fits.
        long spanHeight = (long) dilationHeight * (weight.size(2) - 1) + 1;
        long spanWidth = (long) dilationWidth * (weight.size(3) - 1) + 1;
        long height = (long) x.size(2) + padTop + padBottom;
        long width = (long) x.size(3) + padLeft + padRight;
        if (height * width > Integer.MAX_VALUE) {
            throw new InputException("conv2d: input " + x + " with padding [" + padTop + "," + padLeft + "," + padBottom
                    + "," + padRight + "] is larger than an array");
        }
        if (height < spanHeight || width < spanWidth) {
            throw new InputException(
                    "conv2d: kernel of " + spanHeight + "x" + spanWidth + " does not fit the padded input of " + x);
        }
        return Shape.of(
                x.size(0), weight.size(0), outHeight(x.size(2), weight.size(2)), outWidth(x.size(3), weight.size(3)));
    }
}
