/** Training and evaluation: configuration, the trainer, what it records, and checkpoints that resume to the same bits. */
@NullMarked
package org.lrcc.nn.train;

import org.jspecify.annotations.NullMarked;
