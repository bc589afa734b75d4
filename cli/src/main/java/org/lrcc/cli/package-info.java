/** The command line, one class per command; the only place that prints. */
@NullMarked
package org.lrcc.cli;

import org.jspecify.annotations.NullMarked;
