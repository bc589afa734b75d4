package org.lrcc.kernels.ptx;

import java.util.Locale;

/** A type of PTX: how many bytes, which registers hold it, and whether a narrow value is extended by its sign. */
enum Type {
    PRED(Kind.PREDICATE, 1, false),
    B8(Kind.SHORT, 1, false),
    U8(Kind.SHORT, 1, false),
    S8(Kind.SHORT, 1, true),
    B16(Kind.SHORT, 2, false),
    U16(Kind.SHORT, 2, false),
    S16(Kind.SHORT, 2, true),
    B32(Kind.INT, 4, false),
    U32(Kind.INT, 4, false),
    S32(Kind.INT, 4, true),
    B64(Kind.LONG, 8, false),
    U64(Kind.LONG, 8, false),
    S64(Kind.LONG, 8, true),
    F32(Kind.FLOAT, 4, true),
    F64(Kind.DOUBLE, 8, true);

    /** A class of registers. Predicates, 16-bit (unsigned) and 32-bit registers live in int arrays. */
    enum Kind {
        PREDICATE,
        SHORT,
        INT,
        LONG,
        FLOAT,
        DOUBLE
    }

    final Kind kind;
    final int bytes;
    final boolean signed;

    Type(Kind kind, int bytes, boolean signed) {
        this.kind = kind;
        this.bytes = bytes;
        this.signed = signed;
    }

    /** Whether a part of an opcode is a type. */
    static boolean is(String name) {
        return name.matches("pred|[bus](8|16|32|64)|f(32|64)");
    }

    static Type of(String name) {
        if (!is(name)) {
            throw new PtxFault("unsupported type ." + name);
        }
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    boolean isFloat() {
        return kind == Kind.FLOAT || kind == Kind.DOUBLE;
    }

    /** The low bytes of a value, extended to 32 bits as this type says. */
    int extend(int value) {
        return switch (bytes) {
            case 1 -> signed ? (byte) value : value & 0xFF;
            case 2 -> signed ? (short) value : value & 0xFFFF;
            default -> value;
        };
    }
}
