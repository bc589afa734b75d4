package org.lrcc.kernels.ptx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A parsed kernel: parameters, registers, variables and statements, not yet checked for meaning. */
final class PtxKernel {
    /** A parameter and its place in the packed buffer. */
    record Parameter(String name, Type type, int offset) {}

    /**
     * An instruction as it stands in the text.
     *
     * @param predicate the register that guards it, or null
     * @param opcode its parts, as in {@code [ld, global, nc, f32]}
     */
    record Statement(
            int line,
            String text,
            @Nullable String predicate,
            boolean negated,
            List<String> opcode,
            List<String> operands) {
        boolean has(String part) {
            return opcode.contains(part);
        }

        String name() {
            return opcode.get(0);
        }
    }

    final String name;
    final List<Parameter> parameters = new ArrayList<>();
    final Map<String, Type> registers = new LinkedHashMap<>();
    final List<Statement> statements = new ArrayList<>();
    final Map<String, Integer> labels = new LinkedHashMap<>();
    /** Offsets of variables in shared memory. */
    final Map<String, Integer> shared = new LinkedHashMap<>();
    /** Offsets of variables in each thread's local memory. */
    final Map<String, Integer> local = new LinkedHashMap<>();

    int parameterBytes;
    int sharedBytes;
    int localBytes;
    int maxThreads = 1024;

    PtxKernel(String name) {
        this.name = name;
    }

    void parameter(String name, Type type) {
        int offset = align(parameterBytes, type.bytes);
        parameters.add(new Parameter(name, type, offset));
        parameterBytes = offset + type.bytes;
    }

    void shared(String name, int alignment, int bytes) {
        int offset = align(sharedBytes, alignment);
        shared.put(name, offset);
        sharedBytes = offset + bytes;
    }

    void local(String name, int alignment, int bytes) {
        int offset = align(localBytes, alignment);
        local.put(name, offset);
        localBytes = offset + bytes;
    }

    /** One letter a parameter: l for 64-bit integers and pointers, i, f, d, b for anything narrower. */
    String signature() {
        StringBuilder letters = new StringBuilder();
        for (Parameter parameter : parameters) {
            letters.append(
                    switch (parameter.type().kind) {
                        case LONG -> 'l';
                        case INT -> 'i';
                        case FLOAT -> 'f';
                        case DOUBLE -> 'd';
                        case SHORT, PREDICATE -> 'b';
                    });
        }
        return letters.toString();
    }

    static int align(int offset, int alignment) {
        return (offset + alignment - 1) / alignment * alignment;
    }
}
