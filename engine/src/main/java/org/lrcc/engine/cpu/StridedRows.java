package org.lrcc.engine.cpu;

/** Rows of which every so manieth float is wanted: what strides ask for. */
public interface StridedRows {
    /** {@code y[i] = x[xo + i*step]} for {@code i < n}; reads and writes nothing else. */
    void every(float[] x, int xo, int step, int n, float[] y, int yo);
}
