package org.lrcc.kernels.ptx;

import java.util.List;
import org.lrcc.kernels.ptx.PtxKernel.Statement;

/** atom and red. */
final class AtomicSteps {
    private AtomicSteps() {}

    /** atom and red on 32-bit integers. Those on floats add in any order: a kernel with one is refused. */
    static Step decode(Statement s, Type type, Operands o, Machine machine) {
        if (type.isFloat()) {
            throw new PtxFault("floating-point atomics: the order of the sum is not fixed");
        }
        if (type.kind != Type.Kind.INT) {
            throw new PtxFault("unsupported atomic on " + type);
        }
        boolean returns = s.name().equals("atom");
        List<String> names = s.operands();
        int first = returns ? 1 : 0;
        int[] d = returns ? o.ints(names.get(0), type) : new int[Operands.THREADS];
        int[] a = o.ints(names.get(first + 1), type);
        Access access = new Access(s, names.get(first), type.bytes, o, machine);
        int flip = type.signed ? 0 : Integer.MIN_VALUE;
        String operation = s.opcode().get(s.opcode().size() - 2);
        if (!operation.matches("add|min|max|and|or|xor|exch")) {
            throw new PtxFault("unsupported atomic " + operation);
        }
        return (t, n) -> {
            for (int i = 0; i < n; i++) {
                int k = t[i];
                int at = access.locate(k);
                if (!access.region.isWritten(at, 4)) {
                    throw machine.fault(k, "atomic on " + access.region.where(at) + ", which nothing has written");
                }
                int old = (int) Region.INT.get(access.region.data(), at);
                int value = switch (operation) {
                    case "add" -> old + a[k];
                    case "min" -> Math.min(old ^ flip, a[k] ^ flip) ^ flip;
                    case "max" -> Math.max(old ^ flip, a[k] ^ flip) ^ flip;
                    case "and" -> old & a[k];
                    case "or" -> old | a[k];
                    case "xor" -> old ^ a[k];
                    default -> a[k];
                };
                Region.INT.set(access.region.data(), at, value);
                d[k] = old;
            }
        };
    }
}
