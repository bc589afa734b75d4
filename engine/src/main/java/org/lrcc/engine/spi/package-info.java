/** What a backend has to provide: the kernels every op is written with, and how a backend is found and chosen. */
@NullMarked
package org.lrcc.engine.spi;

import org.jspecify.annotations.NullMarked;
