package org.lrcc.kernels.ptx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads PTX as NVRTC writes it: one statement a line. What it does not know it refuses, with the line. */
final class PtxParser {
    private static final Pattern ENTRY = Pattern.compile("(\\.visible )?\\.entry ([\\w$]+)\\(\\)?");
    private static final Pattern PARAMETER = Pattern.compile("\\.param \\.(\\w+) ([\\w$]+),?");
    private static final Pattern REGISTERS = Pattern.compile("\\.reg \\.(\\w+) (%\\w+)(?:<(\\d+)>)?;");
    private static final Pattern VARIABLE =
            Pattern.compile("(\\.extern )?\\.(shared|local) \\.align (\\d+) \\.(\\w+) ([\\w$]+)(?:\\[(\\d*)])?;");
    private static final Pattern LABEL = Pattern.compile("([$\\w]+):");
    private static final Pattern INSTRUCTION = Pattern.compile("(?:@(!?)(%\\w+) )?([a-z][\\w.]*)(?: (.*))?;");
    private static final Pattern LIMIT = Pattern.compile("\\.maxntid (\\d+)(?:, (\\d+))?(?:, (\\d+))?");

    private record Shared(String name, int alignment, int bytes) {}

    private final Map<String, PtxKernel> kernels = new LinkedHashMap<>();
    private final List<Shared> moduleShared = new ArrayList<>();
    private @Nullable String dynamicShared;
    private @Nullable PtxKernel kernel;
    private boolean inBody;
    private int line;

    private PtxParser() {}

    static Map<String, PtxKernel> parse(String text) {
        PtxParser parser = new PtxParser();
        for (String raw : text.split("\n", -1)) {
            parser.line++;
            int comment = raw.indexOf("//");
            String code = (comment < 0 ? raw : raw.substring(0, comment)).trim().replaceAll("\\s+", " ");
            if (!code.isEmpty()) {
                parser.read(code);
            }
        }
        if (parser.kernel != null) {
            throw new PtxFault("line " + parser.line + ": the text ends inside kernel " + parser.kernel.name);
        }
        return parser.kernels;
    }

    private void read(String code) {
        PtxKernel current = kernel;
        if (current == null) {
            outside(code);
        } else if (!inBody) {
            header(current, code);
        } else {
            body(current, code);
        }
    }

    private PtxFault refuse(String code) {
        return new PtxFault("line " + line + ": unsupported PTX: " + code);
    }

    private void outside(String code) {
        Matcher entry = ENTRY.matcher(code);
        Matcher variable = VARIABLE.matcher(code);
        if (entry.matches()) {
            kernel = new PtxKernel(entry.group(2));
            inBody = false;
        } else if (variable.matches() && variable.group(2).equals("shared")) {
            if (variable.group(1) != null) {
                dynamicShared = variable.group(5);
            } else {
                moduleShared.add(new Shared(variable.group(5), Integer.parseInt(variable.group(3)), bytes(variable)));
            }
        } else if (!code.startsWith(".version 8.")
                && !code.equals(".target sm_60")
                && !code.equals(".address_size 64")) {
            throw refuse(code);
        }
    }

    private static int bytes(Matcher variable) {
        int count = variable.group(6) == null ? 1 : Integer.parseInt(variable.group(6));
        return Type.of(variable.group(4)).bytes * count;
    }

    private void header(PtxKernel current, String code) {
        Matcher parameter = PARAMETER.matcher(code);
        Matcher limit = LIMIT.matcher(code);
        if (parameter.matches()) {
            current.parameter(parameter.group(2), Type.of(parameter.group(1)));
        } else if (limit.matches()) {
            int threads = 1;
            for (int axis = 1; axis <= 3; axis++) {
                threads *= limit.group(axis) == null ? 1 : Integer.parseInt(limit.group(axis));
            }
            current.maxThreads = threads;
        } else if (code.equals("{")) {
            inBody = true;
            moduleShared.forEach(s -> current.shared(s.name(), s.alignment(), s.bytes()));
        } else if (!code.equals(")") && !code.startsWith(".minnctapersm")) {
            throw refuse(code);
        }
    }

    private void body(PtxKernel current, String code) {
        Matcher registers = REGISTERS.matcher(code);
        Matcher variable = VARIABLE.matcher(code);
        Matcher label = LABEL.matcher(code);
        Matcher instruction = INSTRUCTION.matcher(code);
        if (registers.matches()) {
            declare(current, registers);
        } else if (variable.matches()) {
            int alignment = Integer.parseInt(variable.group(3));
            if (variable.group(2).equals("shared")) {
                current.shared(variable.group(5), alignment, bytes(variable));
            } else {
                current.local(variable.group(5), alignment, bytes(variable));
            }
        } else if (label.matches()) {
            current.labels.put(label.group(1), current.statements.size());
        } else if (instruction.matches()) {
            List<String> operands = instruction.group(4) == null ? List.of() : split(instruction.group(4));
            current.statements.add(new PtxKernel.Statement(
                    line,
                    code,
                    instruction.group(2),
                    "!".equals(instruction.group(1)),
                    List.of(instruction.group(3).split("\\.")),
                    operands));
        } else if (code.equals("}")) {
            finish(current);
        } else if (!code.startsWith(".pragma")) {
            throw refuse(code);
        }
    }

    private static void declare(PtxKernel current, Matcher registers) {
        Type type = Type.of(registers.group(1));
        if (registers.group(3) == null) {
            current.registers.put(registers.group(2), type);
            return;
        }
        for (int i = 0; i < Integer.parseInt(registers.group(3)); i++) {
            current.registers.put(registers.group(2) + i, type);
        }
    }

    private void finish(PtxKernel current) {
        if (dynamicShared != null) {
            // Whatever the launch gives lies behind the kernel's own variables.
            current.shared(dynamicShared, 16, 0);
        }
        if (kernels.put(current.name, current) != null) {
            throw new PtxFault("line " + line + ": kernel " + current.name + " is there twice");
        }
        kernel = null;
    }

    /** Operands at the commas that are not inside braces or brackets. */
    private static List<String> split(String text) {
        List<String> operands = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
            if (c == ',' && depth == 0) {
                operands.add(text.substring(start, i).trim());
                start = i + 1;
            }
        }
        operands.add(text.substring(start).trim());
        return operands;
    }
}
