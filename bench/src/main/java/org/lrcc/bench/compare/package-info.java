/** The project beside its peers: whole processes in alternation, a line of raw results a pair, tables and a plot made of those. */
@NullMarked
package org.lrcc.bench.compare;

import org.jspecify.annotations.NullMarked;
