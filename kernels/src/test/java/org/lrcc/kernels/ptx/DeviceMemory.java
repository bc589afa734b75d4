package org.lrcc.kernels.ptx;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Device memory: allocations by address, with a gap behind each so that no overrun hits a neighbour. */
final class DeviceMemory {
    static final int ALIGNMENT = 256;
    private static final long GAP = 4096;

    private final TreeMap<Long, Region> live = new TreeMap<>();
    private long next = 0x7F00_0000_0000L;
    private long used;
    private long highest;
    private int count;

    /** A new allocation, nothing of it written. */
    long allocate(long bytes) {
        long address = next;
        next += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + GAP;
        live.put(address, new Region("allocation " + ++count, address, bytes, false));
        used += bytes;
        highest = Math.max(highest, used);
        return address;
    }

    Region free(long address) {
        Region region = live.remove(address);
        if (region == null) {
            throw new PtxFault("free of 0x" + Long.toHexString(address) + ", where no allocation starts");
        }
        used -= region.limit;
        region.limit = 0;
        region.parts.values().forEach(part -> part.limit = 0);
        return region;
    }

    /** Says that an arena gave out a piece of an allocation: bounds are the piece's from now on, and nothing of it is written. */
    Region handOut(long address, long bytes) {
        Region whole = top(address);
        if (whole == null || address + bytes > whole.base + whole.limit) {
            throw new PtxFault("hand-out of " + bytes + " bytes at 0x" + Long.toHexString(address)
                    + " is outside every allocation");
        }
        Map.Entry<Long, Region> before = whole.parts.lowerEntry(address + Math.max(bytes, 1));
        if (before != null && before.getValue().base + before.getValue().limit > address) {
            throw new PtxFault("hand-out of " + bytes + " bytes at 0x" + Long.toHexString(address) + " overlaps "
                    + before.getValue().name);
        }
        Region part = new Region("piece " + ++count, address, bytes, false);
        whole.parts.put(address, part);
        return part;
    }

    /** Takes a piece back that was handed out. */
    Region takeBack(long address) {
        Region whole = top(address);
        Region part = whole == null ? null : whole.parts.remove(address);
        if (part == null) {
            throw new PtxFault("0x" + Long.toHexString(address) + " is taken back but was not handed out");
        }
        part.limit = 0;
        return part;
    }

    private @Nullable Region top(long address) {
        Map.Entry<Long, Region> entry = live.floorEntry(address);
        return entry == null || address >= entry.getKey() + Math.max(entry.getValue().limit, 1)
                ? null
                : entry.getValue();
    }

    /** The allocation, or the piece of it, that holds these bytes; null where there is none. */
    @Nullable
    Region find(long address, long bytes) {
        Region region = top(address);
        if (region != null && !region.parts.isEmpty()) {
            Map.Entry<Long, Region> part = region.parts.floorEntry(address);
            region = part == null ? null : part.getValue();
        }
        return region == null || address - region.base > region.limit - bytes ? null : region;
    }

    /** As {@link #find}, for calls of the host. */
    Region require(String call, long address, long bytes) {
        Region region = find(address, bytes);
        if (region == null) {
            throw new PtxFault(call + ": " + bytes + " bytes at 0x" + Long.toHexString(address) + describe(address));
        }
        return region;
    }

    /** What is near an address that nothing holds. */
    String describe(long address) {
        Region region = top(address);
        if (region == null) {
            Map.Entry<Long, Region> before = live.floorEntry(address);
            if (before == null) {
                return " are in no allocation";
            }
            Region near = before.getValue();
            return " are outside " + near.where(address - near.base);
        }
        Map.Entry<Long, Region> part = region.parts.floorEntry(address);
        return part == null
                ? " leave " + region.where(address - region.base)
                : " leave " + part.getValue().where(address - part.getKey());
    }

    /** Bytes allocated now. */
    long used() {
        return used;
    }

    /** The most bytes that were allocated at once. */
    long highest() {
        return highest;
    }

    /** Allocations that are live. */
    int allocations() {
        return live.size();
    }
}
