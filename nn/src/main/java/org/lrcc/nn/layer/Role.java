package org.lrcc.nn.layer;

/** What a tensor of the state is for. */
public enum Role {
    /** Trains, unless it is frozen by the user. */
    WEIGHT,
    /** Never trains: part of what an adapter stands on. */
    FROZEN,
    /** Running statistics: changed by training steps, not by gradients. */
    BUFFER
}
