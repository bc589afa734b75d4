package org.lrcc.kernels.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.ptx.PtxKernel.Statement;

/** Exchanges between the threads of a warp: every thread of the mask must take part at the same instruction. */
final class WarpSteps {
    private static final int WARP = 32;

    private WarpSteps() {}

    /** shfl.sync of 32 bits. */
    static @Nullable Step shuffle(Statement s, Operands o, Machine machine) {
        List<String> names = s.operands();
        String[] targets = names.get(0).split("\\|");
        boolean real = o.isRegister(names.get(1)) && o.kindOf(names.get(1)) == Type.Kind.FLOAT;
        if (real) {
            return null;
        }
        int[] d = o.ints(targets[0], Type.B32);
        int[] p = targets.length > 1 ? o.predicate(targets[1]) : new int[Operands.THREADS];
        int[] a = o.ints(names.get(1), Type.B32);
        int[] b = o.ints(names.get(2), Type.B32);
        int[] c = o.ints(names.get(3), Type.B32);
        int[] members = o.ints(names.get(4), Type.B32);
        String mode = s.opcode().get(2);
        int[] values = new int[WARP];
        return (t, n) -> {
            for (int start = 0; start < n; ) {
                int end = warpEnd(t, start, n);
                int present = present(machine, t, start, end, members);
                for (int i = start; i < end; i++) {
                    values[t[i] & 31] = a[t[i]];
                }
                for (int i = start; i < end; i++) {
                    int k = t[i];
                    int lane = k & 31;
                    int from = source(mode, lane, b[k] & 31, c[k]);
                    boolean inside = from >= 0;
                    if (inside && (present >>> from & 1) == 0) {
                        throw machine.fault(k, "shuffle reads lane " + from + ", which does not take part");
                    }
                    d[k] = values[inside ? from : lane];
                    p[k] = inside ? 1 : 0;
                }
                start = end;
            }
        };
    }

    /** The lane that is read, or -1 where it lies outside the segment and the own value is kept. */
    private static int source(String mode, int lane, int by, int clamp) {
        int segment = clamp >> 8 & 31;
        int last = lane & segment | clamp & 31 & ~segment;
        return switch (mode) {
            case "up" -> lane - by >= last ? lane - by : -1;
            case "down" -> lane + by <= last ? lane + by : -1;
            case "bfly" -> (lane ^ by) <= last ? lane ^ by : -1;
            default -> (lane & segment | by & ~segment) <= last ? lane & segment | by & ~segment : -1;
        };
    }

    /** vote.sync.ballot, any, all. */
    static @Nullable Step vote(Statement s, Operands o, Machine machine) {
        List<String> names = s.operands();
        boolean ballot = s.has("ballot");
        boolean any = s.has("any");
        if (!ballot && !any && !s.has("all")) {
            return null;
        }
        int[] d = ballot ? o.ints(names.get(0), Type.B32) : o.predicate(names.get(0));
        int[] a = o.predicate(names.get(1));
        int[] members = o.ints(names.get(2), Type.B32);
        return (t, n) -> {
            for (int start = 0; start < n; ) {
                int end = warpEnd(t, start, n);
                int present = present(machine, t, start, end, members);
                int votes = 0;
                for (int i = start; i < end; i++) {
                    votes |= a[t[i]] != 0 ? 1 << (t[i] & 31) : 0;
                }
                for (int i = start; i < end; i++) {
                    d[t[i]] = ballot ? votes : (any ? votes != 0 : votes == present) ? 1 : 0;
                }
                start = end;
            }
        };
    }

    private static int warpEnd(int[] t, int start, int n) {
        int end = start;
        while (end < n && t[end] >> 5 == t[start] >> 5) {
            end++;
        }
        return end;
    }

    /** The lanes that are here; a fault where the mask names one that is not, though it is a thread of the block. */
    private static int present(Machine machine, int[] t, int start, int end, int[] members) {
        int present = 0;
        for (int i = start; i < end; i++) {
            present |= 1 << (t[i] & 31);
        }
        int threads = machine.threads - (t[start] & -WARP);
        int exist = threads >= WARP ? -1 : (1 << threads) - 1;
        for (int i = start; i < end; i++) {
            int mask = members[t[i]];
            if ((mask >>> (t[i] & 31) & 1) == 0) {
                throw machine.fault(t[i], "a thread is not in its own mask 0x" + Integer.toHexString(mask));
            }
            int missing = mask & exist & ~present;
            if (missing != 0) {
                throw machine.fault(
                        t[i], "divergence: lanes 0x" + Integer.toHexString(missing) + " of the mask are not here");
            }
        }
        return present;
    }
}
