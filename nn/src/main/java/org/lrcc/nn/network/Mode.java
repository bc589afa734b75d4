package org.lrcc.nn.network;

/** What a plan is for. */
public enum Mode {
    /** Training steps: batch statistics, dropout, values kept for backward. */
    TRAIN,
    /** Inference: running statistics, folded weights, values released after their last use. */
    EVAL
}
