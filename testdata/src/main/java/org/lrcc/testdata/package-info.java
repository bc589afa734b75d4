/** Data for tests and for the embedded demo: golden cases, a small pretrained network, its images. */
@NullMarked
package org.lrcc.testdata;

import org.jspecify.annotations.NullMarked;
