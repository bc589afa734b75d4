package org.lrcc.kernels.ptx;

/** One instruction, decoded: runs for the threads {@code lanes[0..count)} of a block. */
@FunctionalInterface
interface Step {
    void run(int[] lanes, int count);
}
