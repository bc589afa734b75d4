package org.lrcc.bench.compare;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * One pair of processes of a comparison, or the reason why there is none: a line of the raw results.
 *
 * @param fma GFLOP/s of fused multiply-adds that the machine's cores reach together, the lower of before and after the pair
 * @param copy GB/s of a copy in memory, read and written bytes counted
 * @param skipped why the peer could not run; then there are no reports
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
record Pair(
        String comparison,
        int threads,
        String java,
        String machine,
        String date,
        double fma,
        double copy,
        @Nullable Report ours,
        @Nullable Report peer,
        @Nullable String skipped) {
    /** Whether it belongs to a row of a table. */
    boolean isOf(Row row) {
        return comparison.equals(row.comparison())
                && threads == row.threads()
                && java.equals(row.java())
                && machine.equals(row.machine());
    }

    /** What stands in one row of a table. */
    record Row(String comparison, int threads, String java, String machine) {}

    Row row() {
        return new Row(comparison, threads, java, machine);
    }
}
