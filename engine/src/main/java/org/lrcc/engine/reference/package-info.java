/** The oracle: every kernel as plain loops in double, on one thread. Every other backend is held against it. */
@NullMarked
package org.lrcc.engine.reference;

import org.jspecify.annotations.NullMarked;
