package org.lrcc.engine.cpu;

/** How gradients of a low-rank convolution's factors are to be computed, as {@link CpuCosts#factors} chose it, with the layout that the price was asked of. */
sealed interface FactorChoice {
    /** What it takes, in nanoseconds of one core. */
    double price();

    /** By {@link StripFactors}. */
    record Strips(StripLayout layout, double price) implements FactorChoice {}

    /** By {@link RowWinogradFactors}. */
    record Rows(RankLayout layout, double price) implements FactorChoice {}

    /** By {@link FactorGradients}, which lay themselves out. */
    record Direct(double price) implements FactorChoice {}
}
