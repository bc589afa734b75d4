package org.lrcc.engine.spi;

import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;

/**
 * How a pooling window walks over its input [N, C, H, W].
 *
 * @param kernelHeight window rows
 * @param kernelWidth window columns
 * @param strideHeight rows between outputs
 * @param strideWidth columns between outputs
 * @param padTop rows above
 * @param padLeft columns to the left
 * @param padBottom rows below
 * @param padRight columns to the right
 * @param dilationHeight rows between window rows
 * @param dilationWidth columns between window columns
 * @param ceilMode round the output size up; a window that would start in the padding below or right is dropped, as torch does
 * @param countIncludePad average pooling divides by the window's size including padding
 */
public record PoolGeometry(
        int kernelHeight,
        int kernelWidth,
        int strideHeight,
        int strideWidth,
        int padTop,
        int padLeft,
        int padBottom,
        int padRight,
        int dilationHeight,
        int dilationWidth,
        boolean ceilMode,
        boolean countIncludePad) {
    /** Checks the values: kernel, stride and dilation at least 1, paddings from 0 to less than the window's span. */
    public PoolGeometry {
        if (kernelHeight < 1
                || kernelWidth < 1
                || strideHeight < 1
                || strideWidth < 1
                || dilationHeight < 1
                || dilationWidth < 1) {
            throw new InputException("pool2d: kernel [" + kernelHeight + "," + kernelWidth + "], stride ["
                    + strideHeight + "," + strideWidth + "] and dilation [" + dilationHeight + "," + dilationWidth
                    + "] must be at least 1");
        }
        // In long: a hostile file's dilation must not wrap around to a small span.
        long spanHeight = (long) dilationHeight * (kernelHeight - 1) + 1;
        long spanWidth = (long) dilationWidth * (kernelWidth - 1) + 1;
        if (Math.min(Math.min(padTop, padLeft), Math.min(padBottom, padRight)) < 0
                || Math.max(padTop, padBottom) >= spanHeight
                || Math.max(padLeft, padRight) >= spanWidth) {
            throw new InputException("pool2d: padding [" + padTop + "," + padLeft + "," + padBottom + "," + padRight
                    + "] must be from 0 to less than the window's span [" + spanHeight + "," + spanWidth + "]");
        }
    }

    /** A square window without dilation, ceil mode off, padding not counted in averages. */
    public static PoolGeometry of(int kernel, int stride, int padding) {
        return new PoolGeometry(kernel, kernel, stride, stride, padding, padding, padding, padding, 1, 1, false, false);
    }

    /** One window over the whole of an image of {@code height} x {@code width}. */
    public static PoolGeometry global(int height, int width) {
        return new PoolGeometry(height, width, 1, 1, 0, 0, 0, 0, 1, 1, false, false);
    }

    /** Output rows for {@code height} input rows. */
    public int outHeight(int height) {
        return out(height, kernelHeight, strideHeight, padTop, padBottom, dilationHeight);
    }

    /** Output columns for {@code width} input columns. */
    public int outWidth(int width) {
        return out(width, kernelWidth, strideWidth, padLeft, padRight, dilationWidth);
    }

    private int out(int size, int kernel, int stride, int before, int after, int dilation) {
        long room = (long) size + before + after - (long) dilation * (kernel - 1) - 1;
        if (room < 0) {
            return 0;
        }
        long out = (ceilMode ? (room + stride - 1) / stride : room / stride) + 1;
        return Math.toIntExact(ceilMode && (out - 1) * stride >= (long) size + before ? out - 1 : out);
    }

    /** Whether some window of an image of {@code height} x {@code width} holds no pixel, which takes dilation wider than the image. */
    public boolean hasEmptyWindow(int height, int width) {
        return isEmptySomewhere(height, kernelHeight, strideHeight, padTop, dilationHeight, outHeight(height))
                || isEmptySomewhere(width, kernelWidth, strideWidth, padLeft, dilationWidth, outWidth(width));
    }

    private static boolean isEmptySomewhere(int size, int kernel, int stride, int before, int dilation, int out) {
        for (int o = 0; o < out; o++) {
            long start = (long) o * stride - before;
            // The first tap that is not before the image.
            long tap = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
            if (tap >= kernel || start + tap * dilation >= size) {
                return true;
            }
        }
        return false;
    }

    /** Output shape for x [N, C, H, W]; throws where the window does not fit. */
    public Shape infer(Shape x) {
        if (x.rank() != 4) {
            throw new InputException("pool2d: input " + x + " must have 4 axes");
        }
        long paddedHeight = (long) x.size(2) + padTop + padBottom;
        long paddedWidth = (long) x.size(3) + padLeft + padRight;
        if (paddedHeight * paddedWidth > Integer.MAX_VALUE) {
            throw new InputException("pool2d: input " + x + " with padding [" + padTop + "," + padLeft + "," + padBottom
                    + "," + padRight + "] is larger than an array");
        }
        int height = outHeight(x.size(2));
        int width = outWidth(x.size(3));
        if (height < 1 || width < 1) {
            throw new InputException(
                    "pool2d: window of " + kernelHeight + "x" + kernelWidth + " does not fit the padded input of " + x);
        }
        return Shape.of(x.size(0), x.size(1), height, width);
    }
}
