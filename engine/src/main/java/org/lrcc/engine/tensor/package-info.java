/** Tensors and what they stand on: shapes, element types, reference-counted storage, scopes. */
@NullMarked
package org.lrcc.engine.tensor;

import org.jspecify.annotations.NullMarked;
