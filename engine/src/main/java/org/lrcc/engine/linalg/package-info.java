/** Algorithms on matrices, written with the kernels of any backend. */
@NullMarked
package org.lrcc.engine.linalg;

import org.jspecify.annotations.NullMarked;
