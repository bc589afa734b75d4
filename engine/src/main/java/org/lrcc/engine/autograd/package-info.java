/** Reverse-mode differentiation: the op contract and the tape. */
@NullMarked
package org.lrcc.engine.autograd;

import org.jspecify.annotations.NullMarked;
