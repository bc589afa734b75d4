/** The safetensors file format, read with suspicion and written whole. */
@NullMarked
package org.lrcc.nn.safetensors;

import org.jspecify.annotations.NullMarked;
