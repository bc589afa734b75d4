package org.lrcc.engine.autograd;

import org.lrcc.engine.tensor.Tensor;

/**
 * What forward would change in the model's state (running statistics), to be committed when the step is accepted.
 *
 * @param input position of the op's input that gets the new value
 * @param value the new value; its reference passes to the tape
 */
public record StateUpdate(int input, Tensor value) {}
