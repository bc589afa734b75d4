package org.lrcc.engine.cpu;

/**
 * An algorithm that could compute a pass of a convolution.
 *
 * @param algorithm by which {@link CpuBackend#open(String)} forces it
 * @param predictedNanos what the cost model predicts on one core; NaN where there is nothing to choose. Only ratios count: the model knows vector widths, not clocks
 * @param chosen whether the cost model picks it
 */
public record ConvolutionCandidate(String algorithm, double predictedNanos, boolean chosen) {}
