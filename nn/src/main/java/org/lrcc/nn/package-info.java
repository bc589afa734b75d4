/** Neural networks over the tensor engine: structure, state, data, training and files. */
@NullMarked
package org.lrcc.nn;

import org.jspecify.annotations.NullMarked;
