/** The fast CPU backend: thread pool, blocking and orchestration of kernels on float arrays. Vector instructions live in {@code simd}. */
@NullMarked
package org.lrcc.engine.cpu;

import org.jspecify.annotations.NullMarked;
