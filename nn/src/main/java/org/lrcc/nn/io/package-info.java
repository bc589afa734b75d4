/** Files: writing them so that a crash leaves the old one or the new one, never a part. */
@NullMarked
package org.lrcc.nn.io;

import org.jspecify.annotations.NullMarked;
