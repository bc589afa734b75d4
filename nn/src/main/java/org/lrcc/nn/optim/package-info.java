/** Optimizers over flat parameters, in torch's definitions, and schedules of the learning rate. */
@NullMarked
package org.lrcc.nn.optim;

import org.jspecify.annotations.NullMarked;
