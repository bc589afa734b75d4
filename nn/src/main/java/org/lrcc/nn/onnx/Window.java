package org.lrcc.nn.onnx;

/**
 * The geometry that convolutions and poolings share, from a node's attributes, its automatic padding and a Pad in front of it.
 *
 * @param input what it walks over, without padding
 */
record Window(
        Value.Feature input,
        int strideHeight,
        int strideWidth,
        int top,
        int left,
        int bottom,
        int right,
        int dilationHeight,
        int dilationWidth,
        boolean paddedBefore) {
    static Window of(OpNode node, int kernelHeight, int kernelWidth) {
        Attributes a = node.attributes();
        int[] kernel =
                a.has("kernel_shape") ? a.window("kernel_shape", 2, 1, 1) : new int[] {kernelHeight, kernelWidth};
        if (kernel[0] != kernelHeight || kernel[1] != kernelWidth) {
            throw node.error("kernel_shape " + kernel[0] + "x" + kernel[1] + " is not the weight's " + kernelHeight
                    + "x" + kernelWidth);
        }
        if (kernelHeight > Attributes.MAX_WINDOW || kernelWidth > Attributes.MAX_WINDOW) {
            throw node.error("kernel " + kernelHeight + "x" + kernelWidth + " is above " + Attributes.MAX_WINDOW);
        }
        int[] stride = a.window("strides", 2, 1, 1);
        int[] dilation = a.window("dilations", 2, 1, 1);
        Value value = node.value(0);
        Value.Padded padded = value instanceof Value.Padded p ? p : null;
        Value.Feature x = padded != null ? padded.inner() : node.feature(0, 4);
        int height = value.shape().rank() == 4 ? value.shape().size(2) : 1;
        int width = value.shape().rank() == 4 ? value.shape().size(3) : 1;
        int[] pads = switch (a.text("auto_pad", "NOTSET")) {
            case "NOTSET", "" -> a.window("pads", 4, 0, 0);
            case "VALID" -> new int[4];
            case "SAME_UPPER" -> same(height, width, kernelHeight, kernelWidth, stride, dilation, false);
            case "SAME_LOWER" -> same(height, width, kernelHeight, kernelWidth, stride, dilation, true);
            default -> throw node.error("auto_pad " + Names.printable(a.text("auto_pad", "")) + " is unknown");
        };
        return new Window(
                x,
                stride[0],
                stride[1],
                pads[0] + (padded == null ? 0 : padded.top()),
                pads[1] + (padded == null ? 0 : padded.left()),
                pads[2] + (padded == null ? 0 : padded.bottom()),
                pads[3] + (padded == null ? 0 : padded.right()),
                dilation[0],
                dilation[1],
                padded != null);
    }

    /** As much padding as makes the output the input divided by the stride, rounded up; the odd row goes below (or above, for {@code lower}). */
    private static int[] same(
            int height, int width, int kernelHeight, int kernelWidth, int[] stride, int[] dilation, boolean lower) {
        int vertical = total(height, kernelHeight, stride[0], dilation[0]);
        int horizontal = total(width, kernelWidth, stride[1], dilation[1]);
        int top = lower ? (vertical + 1) / 2 : vertical / 2;
        int left = lower ? (horizontal + 1) / 2 : horizontal / 2;
        return new int[] {top, left, vertical - top, horizontal - left};
    }

    private static int total(int size, int kernel, int stride, int dilation) {
        int out = (size + stride - 1) / stride;
        return Math.max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - size);
    }
}
