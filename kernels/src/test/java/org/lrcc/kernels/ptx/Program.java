package org.lrcc.kernels.ptx;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.ptx.PtxKernel.Statement;

/** A kernel, decoded for a machine. */
final class Program {
    /** What an instruction does to the flow of control. */
    enum Flow {
        STEP,
        BRANCH,
        BARRIER,
        EXIT
    }

    final PtxKernel kernel;
    final Flow[] flow;
    final Step[] steps;
    final int[] targets;
    /** Whether control may arrive from elsewhere. */
    final boolean[] leaders;
    /** Guards, or null where the instruction has none. */
    final int @Nullable [][] guards;

    final Map<String, int[]> specials;

    private final Operands operands;
    private final Machine machine;

    Program(PtxKernel kernel, Machine machine) {
        this.kernel = kernel;
        this.machine = machine;
        this.operands = new Operands(kernel);
        int count = kernel.statements.size();
        flow = new Flow[count];
        steps = new Step[count];
        targets = new int[count];
        leaders = new boolean[count + 1];
        guards = new int[count][];
        for (int i = 0; i < count; i++) {
            Statement s = kernel.statements.get(i);
            try {
                decode(i, s);
            } catch (PtxFault | IndexOutOfBoundsException e) {
                throw new PtxFault(
                        "kernel " + kernel.name + " line " + s.line() + " `" + s.text() + "`: " + e.getMessage());
            }
        }
        if (count == 0 || (flow[count - 1] != Flow.EXIT && flow[count - 1] != Flow.BRANCH)) {
            throw new PtxFault("kernel " + kernel.name + " does not end with ret");
        }
        specials = operands.specials();
    }

    private void decode(int index, Statement s) {
        if (s.predicate() != null) {
            guards[index] = operands.predicate(s.predicate());
        }
        steps[index] = (t, n) -> {};
        switch (s.name()) {
            case "bra" -> {
                Integer target = kernel.labels.get(s.operands().get(0));
                if (target == null || target >= flow.length) {
                    throw new PtxFault("there is no label " + s.operands().get(0));
                }
                flow[index] = Flow.BRANCH;
                targets[index] = target;
                leaders[target] = true;
                leaders[index + 1] = true;
            }
            case "ret", "exit" -> flow[index] = Flow.EXIT;
            case "bar", "barrier" -> {
                if (!s.has("sync") || s.has("warp") || s.operands().size() != 1) {
                    throw new PtxFault("unsupported barrier");
                }
                flow[index] = Flow.BARRIER;
            }
            default -> {
                flow[index] = Flow.STEP;
                Step step = step(s);
                if (step == null) {
                    throw new PtxFault("unsupported instruction");
                }
                steps[index] = step;
            }
        }
    }

    private @Nullable Step step(Statement s) {
        List<String> parts = s.opcode();
        Type type = Type.of(parts.get(parts.size() - 1));
        return switch (s.name()) {
            case "ld", "ldu" -> MemorySteps.load(s, type, operands, machine);
            case "st" -> MemorySteps.store(s, type, operands, machine);
            case "atom", "red" -> AtomicSteps.decode(s, type, operands, machine);
            case "mov" -> MoveSteps.move(s, type, operands);
            case "selp" -> MoveSteps.select(s, type, operands);
            case "setp" -> MoveSteps.compare(s, type, operands);
            case "cvt" -> ConvertSteps.decode(s, operands);
            case "shfl" -> WarpSteps.shuffle(s, operands, machine);
            case "vote" -> WarpSteps.vote(s, operands, machine);
            default ->
                switch (type.kind) {
                    case FLOAT -> FloatSteps.decode(s, operands);
                    case DOUBLE -> DoubleSteps.decode(s, operands);
                    case LONG -> LongSteps.decode(s, type, operands);
                    case PREDICATE, SHORT, INT ->
                        s.has("wide") ? LongSteps.decode(s, type, operands) : IntegerSteps.decode(s, type, operands);
                };
        };
    }
}
