/** What every backend and every op is held against: one table of cases, and the suites that it drives. */
@NullMarked
package org.lrcc.engine.contract;

import org.jspecify.annotations.NullMarked;
