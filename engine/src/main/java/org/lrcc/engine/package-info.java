/** The root of the tensor engine; the types that every module shares live here. */
@NullMarked
package org.lrcc.engine;

import org.jspecify.annotations.NullMarked;
