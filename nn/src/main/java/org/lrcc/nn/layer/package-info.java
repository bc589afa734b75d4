/** The layers that networks are made of: shape rule, parameters and forward; an open set. */
@NullMarked
package org.lrcc.nn.layer;

import org.jspecify.annotations.NullMarked;
