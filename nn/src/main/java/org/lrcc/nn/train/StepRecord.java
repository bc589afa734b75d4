package org.lrcc.nn.train;

/**
 * What one step gave.
 *
 * @param epoch counts from 1
 * @param step within the epoch, counts from 1
 * @param stepsPerEpoch steps of one epoch
 * @param loss mean over the batch, penalties included
 * @param samples in the batch
 * @param correct samples whose largest output was the right one
 * @param gradientNorm norm of all gradients together, before clipping
 * @param rate learning rate
 */
public record StepRecord(
        int epoch,
        int step,
        int stepsPerEpoch,
        double loss,
        int samples,
        int correct,
        double gradientNorm,
        double rate) {}
