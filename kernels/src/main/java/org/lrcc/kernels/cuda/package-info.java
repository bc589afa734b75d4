/** The CUDA backend. So far it holds only the provider, which says that there are no kernels yet. */
@NullMarked
package org.lrcc.kernels.cuda;

import org.jspecify.annotations.NullMarked;
