/** The same work in libtorch and ONNX Runtime; compiled only with the Maven profile {@code peers}. */
@NullMarked
package org.lrcc.bench.peers;

import org.jspecify.annotations.NullMarked;
