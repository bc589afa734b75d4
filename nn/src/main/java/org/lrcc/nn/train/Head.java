package org.lrcc.nn.train;

/** What becomes of a model's last layer when it meets a data set. */
public enum Head {
    /** Kept where the model's class names are the data set's, else replaced. */
    AUTO,
    /** Kept; the data set's classes must be known to the model. */
    KEEP,
    /** Replaced by a new one, initialised by the run's seed. */
    REPLACE
}
