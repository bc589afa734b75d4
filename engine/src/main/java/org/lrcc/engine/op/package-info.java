/** One record per op: attributes, shape rule, forward and backward side by side. */
@NullMarked
package org.lrcc.engine.op;

import org.jspecify.annotations.NullMarked;
