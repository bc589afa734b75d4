/** Low-rank plus sparse convolutions: W = UV + S. */
@NullMarked
package org.lrcc.lowrank;

import org.jspecify.annotations.NullMarked;
