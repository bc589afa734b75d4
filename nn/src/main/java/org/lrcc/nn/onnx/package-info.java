/** ONNX files in and out. Files are treated as hostile: sizes, counts and dimensions are checked before anything is built from them. */
@NullMarked
package org.lrcc.nn.onnx;

import org.jspecify.annotations.NullMarked;
