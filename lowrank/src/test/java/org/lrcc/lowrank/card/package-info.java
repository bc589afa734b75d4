/** What {@code make gpu-check} runs on a real card: the contracts, training beside the processor, and measurements. No test runs it without a card. */
@NullMarked
package org.lrcc.lowrank.card;

import org.jspecify.annotations.NullMarked;
