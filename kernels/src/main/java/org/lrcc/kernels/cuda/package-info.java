/** The CUDA backend: the driver's calls, a session's queue and memory, and the classes that launch the kernels of {@code src/main/cuda}. */
@NullMarked
package org.lrcc.kernels.cuda;

import org.jspecify.annotations.NullMarked;
