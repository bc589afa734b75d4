/**
 * Images on their way to a batch: decoding, geometric and colour transforms that match torchvision's, folders and list files of
 * labelled images, and the loader that does all of it ahead of the training step.
 */
@NullMarked
package org.lrcc.nn.data;

import org.jspecify.annotations.NullMarked;
