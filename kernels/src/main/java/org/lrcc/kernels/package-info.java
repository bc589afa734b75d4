/** Backends that run outside of the JVM: CUDA. */
@NullMarked
package org.lrcc.kernels;

import org.jspecify.annotations.NullMarked;
