/** Counter-based random numbers, so that no result depends on who draws. */
@NullMarked
package org.lrcc.engine.random;

import org.jspecify.annotations.NullMarked;
