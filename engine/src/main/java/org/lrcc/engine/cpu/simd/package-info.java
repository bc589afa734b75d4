/** Inner loops written with the Vector API; the only package that imports {@code jdk.incubator.vector}, loaded only where that module is readable. */
@NullMarked
package org.lrcc.engine.cpu.simd;

import org.jspecify.annotations.NullMarked;
