/** The tensor engine: tensors, backends, automatic differentiation and the ops that networks are made of. */
@NullMarked
package org.lrcc.engine;

import org.jspecify.annotations.NullMarked;
