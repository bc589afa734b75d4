package org.lrcc.engine.reference;

import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;

/**
 * Convolution and its gradients, all three as one walk over the pairs (input element, output element) that a weight
 * connects.
 *
 * <p>y[n,m,oh,ow] = sum of x[n,c,ih,iw] w[m,c,kh,kw] with ih = oh stride - pad + kh dilation, and likewise iw.
 */
final class ReferenceConv {
    /** What is done with one connection: positions in x, w and y. */
    private interface Connection {
        void visit(int x, int w, int y);
    }

    private ReferenceConv() {}

    /** The plain sum, without bias. */
    static double[] forward(double[] x, Shape xShape, double[] w, Shape wShape, ConvGeometry g, Shape yShape) {
        double[] y = new double[yShape.elements()];
        walk(xShape, wShape, g, yShape, (xi, wi, yi) -> y[yi] += x[xi] * w[wi]);
        return y;
    }

    static double[] inputGrad(double[] dy, Shape yShape, double[] w, Shape wShape, ConvGeometry g, Shape xShape) {
        double[] dx = new double[xShape.elements()];
        walk(xShape, wShape, g, yShape, (xi, wi, yi) -> dx[xi] += dy[yi] * w[wi]);
        return dx;
    }

    static double[] weightGrad(double[] x, Shape xShape, double[] dy, Shape yShape, ConvGeometry g, Shape wShape) {
        double[] dw = new double[wShape.elements()];
        walk(xShape, wShape, g, yShape, (xi, wi, yi) -> dw[wi] += dy[yi] * x[xi]);
        return dw;
    }

    private static void walk(Shape x, Shape w, ConvGeometry g, Shape y, Connection connection) {
        int channels = w.size(1);
        int outPerGroup = w.size(0) / g.groups();
        for (int n = 0; n < x.size(0); n++) {
            for (int m = 0; m < w.size(0); m++) {
                int firstChannel = m / outPerGroup * channels;
                for (int c = 0; c < channels; c++) {
                    int xPlane = (n * x.size(1) + firstChannel + c) * x.size(2) * x.size(3);
                    int wPlane = (m * channels + c) * w.size(2) * w.size(3);
                    int yPlane = (n * y.size(1) + m) * y.size(2) * y.size(3);
                    walkPlane(x, xPlane, w, wPlane, g, y, yPlane, connection);
                }
            }
        }
    }

    private static void walkPlane(
            Shape x, int xPlane, Shape w, int wPlane, ConvGeometry g, Shape y, int yPlane, Connection connection) {
        int height = x.size(2);
        int width = x.size(3);
        for (int oh = 0; oh < y.size(2); oh++) {
            for (int ow = 0; ow < y.size(3); ow++) {
                for (int kh = 0; kh < w.size(2); kh++) {
                    int ih = oh * g.strideHeight() - g.padTop() + kh * g.dilationHeight();
                    if (ih < 0 || ih >= height) {
                        continue;
                    }
                    for (int kw = 0; kw < w.size(3); kw++) {
                        int iw = ow * g.strideWidth() - g.padLeft() + kw * g.dilationWidth();
                        if (iw >= 0 && iw < width) {
                            connection.visit(
                                    xPlane + ih * width + iw,
                                    wPlane + kh * w.size(3) + kw,
                                    yPlane + oh * y.size(3) + ow);
                        }
                    }
                }
            }
        }
    }
}
