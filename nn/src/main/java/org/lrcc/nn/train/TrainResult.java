package org.lrcc.nn.train;

import org.jspecify.annotations.Nullable;
import org.lrcc.nn.network.Model;

/**
 * What training gave.
 *
 * @param model the trained model, of the best epoch where there was validation; the model that was given to the trainer is unchanged
 * @param history epoch by epoch
 * @param evaluation of {@code model} on the test set, or null where there was none or training was cancelled before it
 * @param end why training ended
 * @param bestEpoch the epoch (from 1) that {@code model} is of
 * @param headReplaced whether the model has another last layer than the one that was given
 */
public record TrainResult(
        Model model, History history, @Nullable Evaluation evaluation, End end, int bestEpoch, boolean headReplaced) {
    /** Why training ended. */
    public enum End {
        /** All epochs were done. */
        DONE,
        /** Too many epochs without a better one. */
        EARLY,
        /** {@link Trainer#cancel()}. */
        CANCELLED
    }
}
