/** {@code report.html}: what a run did, as one page that needs nothing beside itself. */
@NullMarked
package org.lrcc.cli.report;

import org.jspecify.annotations.NullMarked;
