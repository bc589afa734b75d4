/** Benchmarks of the project beside its peers. */
@NullMarked
package org.lrcc.bench;

import org.jspecify.annotations.NullMarked;
