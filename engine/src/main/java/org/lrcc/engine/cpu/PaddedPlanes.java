package org.lrcc.engine.cpu;

import java.util.Arrays;

/**
 * A copy of the planes of an image with a border of zeros, split by the stride: plane {@code (ph, pw)} holds pixels whose padded row is
 * {@code ph} modulo the stride and whose padded column is {@code pw}. A strided convolution reads consecutive pixels of such a plane. Planes
 * that no kernel tap reads are left out; a convolution without padding and stride needs no copy at all.
 *
 * @param used for each {@code ph*strideW + pw} the plane's index, or -1
 * @param planes number of planes kept a channel
 * @param rows rows of each plane
 * @param columns columns of each plane
 */
record PaddedPlanes(
        int channels,
        int height,
        int width,
        int top,
        int left,
        int strideH,
        int strideW,
        int[] used,
        int planes,
        int rows,
        int columns) {

    /** Planes for the input of a convolution. */
    static PaddedPlanes ofInput(ConvShape s) {
        return of(
                s.inputs(),
                s.height(),
                s.width(),
                s.top(),
                s.left(),
                s.kernelH(),
                s.kernelW(),
                s.strideH(),
                s.strideW(),
                s.dilationH(),
                s.dilationW(),
                s.outHeight(),
                s.outWidth());
    }

    /** Planes for windows of any kind: as many rows and columns as the windows reach. */
    static PaddedPlanes of(
            int channels,
            int height,
            int width,
            int top,
            int left,
            int kernelH,
            int kernelW,
            int strideH,
            int strideW,
            int dilationH,
            int dilationW,
            int outHeight,
            int outWidth) {
        int[] used = new int[strideH * strideW];
        Arrays.fill(used, -1);
        int planes = 0;
        for (int i = 0; i < kernelH; i++) {
            for (int j = 0; j < kernelW; j++) {
                int phase = i * dilationH % strideH * strideW + j * dilationW % strideW;
                if (used[phase] < 0) {
                    used[phase] = planes++;
                }
            }
        }
        int rows = outHeight + (kernelH - 1) * dilationH / strideH;
        int columns = outWidth + (kernelW - 1) * dilationW / strideW;
        return new PaddedPlanes(channels, height, width, top, left, strideH, strideW, used, planes, rows, columns);
    }

    int plane() {
        return rows * columns;
    }

    int channel() {
        return planes * plane();
    }

    int image() {
        return channels * channel();
    }

    /** Whether the original array serves as it is. */
    boolean isIdentity() {
        return strideH == 1 && strideW == 1 && top == 0 && left == 0 && rows == height && columns == width;
    }

    /** Offset in a channel of the pixel that tap (i, j) reads for output (0, 0). */
    int tap(int dilatedRow, int dilatedColumn) {
        int phase = dilatedRow % strideH * strideW + dilatedColumn % strideW;
        return used[phase] * plane() + dilatedRow / strideH * columns + dilatedColumn / strideW;
    }

    /** Copies {@code batch} images from {@code x} at {@code xo}; {@code out} has room for them and a vector more. */
    void fill(ThreadPool pool, StridedRows rowLoops, int batch, float[] x, int xo, float[] out) {
        int all = batch * channels;
        int perChunk = Math.max(1, 32_768 / Math.max(1, channel()));
        int chunks = (all + perChunk - 1) / perChunk;
        pool.run(chunks, chunk -> {
            for (int c = chunk * perChunk; c < Math.min(all, (chunk + 1) * perChunk); c++) {
                fillChannel(rowLoops, x, xo + c * height * width, out, c * channel(), 0f);
            }
        });
    }

    /** Copies one channel, with {@code border} around it. */
    void fillChannel(StridedRows rowLoops, float[] x, int from, float[] out, int to, float border) {
        for (int ph = 0; ph < strideH; ph++) {
            for (int pw = 0; pw < strideW; pw++) {
                int plane = used[ph * strideW + pw];
                if (plane < 0) {
                    continue;
                }
                for (int q = 0; q < rows; q++) {
                    int h = q * strideH + ph - top;
                    int d = to + plane * plane() + q * columns;
                    if (h < 0 || h >= height) {
                        fill(out, d, columns, border);
                    } else {
                        row(rowLoops, x, from + h * width, out, d, pw - left, border);
                    }
                }
            }
        }
    }

    /** One row; pixel {@code first + q*strideW} of the source becomes pixel q. */
    private void row(StridedRows rowLoops, float[] x, int from, float[] out, int to, int first, float border) {
        int lead = Math.min(columns, first >= 0 ? 0 : (-first + strideW - 1) / strideW);
        int end = Math.max(lead, Math.min(columns, (width - first + strideW - 1) / strideW));
        fill(out, to, lead, border);
        if (strideW == 1) {
            System.arraycopy(x, from + first + lead, out, to + lead, end - lead);
        } else {
            rowLoops.every(x, from + first + lead * strideW, strideW, end - lead, out, to + lead);
        }
        fill(out, to + end, columns - end, border);
    }

    /**
     * As {@link #fillChannel} for up to a vector of channels side by side, borders zero: {@code [plane][row][column][lane]}.
     *
     * @param channel where each channel starts, from the first
     */
    void fillLanes(Tiles tiles, float[] x, int from, int[] channel, int count, float[] out, int to) {
        int lanes = tiles.lanes();
        for (int phase = 0; phase < used.length; phase++) {
            int left = phase % strideW - this.left;
            int lead = Math.min(columns, left >= 0 ? 0 : (-left + strideW - 1) / strideW);
            int end = Math.max(lead, Math.min(columns, (width - left + strideW - 1) / strideW));
            for (int q = 0; q < rows && used[phase] >= 0; q++) {
                int h = q * strideH + phase / strideW - top;
                int d = to + (used[phase] * plane() + q * columns) * lanes;
                if (h < 0 || h >= height) {
                    Arrays.fill(out, d, d + columns * lanes, 0f);
                } else {
                    int first = from + h * width + left + lead * strideW;
                    Arrays.fill(out, d, d + lead * lanes, 0f);
                    tiles.packLanes(x, first, channel, count, strideW, end - lead, out, d + lead * lanes);
                    Arrays.fill(out, d + end * lanes, d + columns * lanes, 0f);
                }
            }
        }
    }

    private static void fill(float[] out, int from, int n, float value) {
        for (int i = 0; i < n; i++) {
            out[from + i] = value;
        }
    }
}
