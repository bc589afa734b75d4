/** An interpreter of PTX: runs the shipped kernels without a GPU and checks every access that they make. */
@NullMarked
package org.lrcc.kernels.ptx;

import org.jspecify.annotations.NullMarked;
