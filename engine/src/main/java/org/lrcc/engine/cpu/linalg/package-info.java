/** Dense factorizations on the CPU; the only package that uses EJML. */
@NullMarked
package org.lrcc.engine.cpu.linalg;

import org.jspecify.annotations.NullMarked;
