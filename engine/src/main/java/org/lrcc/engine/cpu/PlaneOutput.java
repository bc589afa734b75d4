package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/** Turns results that lie channels-last to the planes of an output and finishes them. */
final class PlaneOutput {
    private final Tiles tiles;
    private final WinogradTiles layouts;

    PlaneOutput(Tiles tiles, WinogradTiles layouts) {
        this.tiles = tiles;
        this.layouts = layouts;
    }

    /**
     * Writes {@code pixels} pixels {@code [pixel][columns]} of channels {@code first .. first+channels-1}; the first pixel of the first channel goes to
     * {@code y[yo + to]}, and the epilogue's residual has its value at {@code to}.
     *
     * @param plane floats from channel to channel of y
     */
    void write(
            float[] lines,
            int from,
            int first,
            int channels,
            int pixels,
            Convolution.Epilogue epilogue,
            float[] y,
            int yo,
            int to,
            int plane) {
        float[] bias = epilogue.bias();
        float[] residual = epilogue.residual();
        if (bias == null && residual == null && !epilogue.clamps()) {
            layouts.scatter(lines, from, channels, pixels, y, yo + to, plane);
            return;
        }
        float[] planes = Workspace.take(Purpose.GRADIENT, (long) layouts.columns() * pixels);
        layouts.scatter(lines, from, channels, pixels, planes, 0, pixels);
        for (int c = 0; c < channels; c++) {
            epilogue.store(tiles, planes, c * pixels, pixels, first + c, y, yo, to + c * plane);
        }
    }
}
