/** Structure ({@link org.lrcc.nn.network.Network}), tensors ({@link org.lrcc.nn.network.State}) and execution ({@link org.lrcc.nn.network.Plan}). */
@NullMarked
package org.lrcc.nn.network;

import org.jspecify.annotations.NullMarked;
