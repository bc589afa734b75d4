package org.lrcc.kernels.ptx;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.ptx.PtxKernel.Statement;

/** The address operand of one instruction and the region that it met last; each access is checked for bounds, alignment, contents and races. */
final class Access {
    static final Pattern ADDRESS = Pattern.compile("\\[([%\\w$]+)(?:\\+(-?\\d+))?]");

    private enum Space {
        GLOBAL,
        SHARED,
        LOCAL
    }

    final Machine machine;
    final Space space;
    final int bytes;
    final boolean constant;
    private final int offset;
    private final long @Nullable [] longs;
    private final int @Nullable [] ints;
    Region region;

    Access(Statement s, String operand, int bytes, Operands o, Machine machine) {
        Matcher matcher = ADDRESS.matcher(operand);
        if (!matcher.matches()) {
            throw new PtxFault("unsupported address " + operand);
        }
        this.machine = machine;
        this.space = s.has("shared") ? Space.SHARED : s.has("local") ? Space.LOCAL : Space.GLOBAL;
        this.bytes = bytes;
        this.constant = s.has("nc");
        this.offset = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        String base = matcher.group(1);
        boolean narrow = o.isRegister(base) && o.kindOf(base) == Type.Kind.INT;
        this.longs = narrow ? null : o.longs(base);
        this.ints = narrow ? o.ints(base, Type.U32) : null;
        this.region = machine.nowhere;
    }

    /** Finds the region and the place in it. */
    int locate(int thread) {
        long address = (longs != null ? longs[thread] : ints[thread] & 0xFFFF_FFFFL) + offset;
        if ((address & (bytes - 1)) != 0) {
            throw machine.fault(thread, "misaligned access of " + bytes + " bytes at 0x" + Long.toHexString(address));
        }
        if (space == Space.GLOBAL) {
            long at = address - region.base;
            if (at < 0 || at > region.limit - bytes) {
                region = machine.global(thread, address, bytes);
                at = address - region.base;
            }
            return (int) at;
        }
        if (space == Space.SHARED) {
            region = machine.shared;
            if (address < 0 || address > region.limit - bytes) {
                throw machine.fault(thread, "out of bounds: " + bytes + " bytes at " + region.where(address));
            }
            return (int) address;
        }
        region = machine.local;
        if (address < 0 || address > machine.localBytes - bytes) {
            throw machine.fault(
                    thread,
                    "out of bounds: " + bytes + " bytes at local[" + address + " of " + machine.localBytes + "]");
        }
        return thread * machine.localBytes + (int) address;
    }

    int read(int thread) {
        int at = locate(thread);
        region.read(machine, at, bytes, thread, constant);
        return at;
    }

    int write(int thread) {
        int at = locate(thread);
        region.write(machine, at, bytes, thread);
        return at;
    }
}
