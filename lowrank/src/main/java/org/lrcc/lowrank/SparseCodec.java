package org.lrcc.lowrank;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.safetensors.SafeTensors;

/**
 * S and its mask in a file: the entries that are on as {@code NAME.values} (F32, row-major order) and where they are, whichever is smaller, as
 * {@code NAME.indices} (I32, ascending) or {@code NAME.bits} (U8, entry i is bit i % 8 of byte i / 8).
 */
final class SparseCodec {
    private static final String VALUES = ".values";
    private static final String INDICES = ".indices";
    private static final String BITS = ".bits";

    private SparseCodec() {}

    static void encode(String name, SparseEntries s, int elements, Map<String, Tensor> out) {
        int[] indices = s.indices();
        out.put(name + VALUES, Tensor.of(s.values(), indices.length));
        byte[] bits = new byte[(elements + 7) / 8];
        if (4L * indices.length < bits.length) {
            out.put(name + INDICES, Tensor.of(indices, indices.length));
            return;
        }
        for (int index : indices) {
            bits[index / 8] |= (byte) (1 << index % 8);
        }
        out.put(name + BITS, Tensor.of(bits, bits.length));
    }

    /** Names that {@link #encode} may write for this one. */
    static List<String> names(String name) {
        return List.of(name + VALUES, name + INDICES, name + BITS);
    }

    /** How many entries a file has under this name. */
    static int count(String name, SafeTensors file) {
        return file.get(name + VALUES).elements();
    }

    static SparseEntries decode(String name, int elements, SafeTensors file) {
        float[] values = file.floats(name + VALUES).toFloats();
        int[] indices = file.contains(name + INDICES)
                ? fromIndices(file, name + INDICES, elements)
                : fromBits(file, name + BITS, elements);
        if (indices.length != values.length) {
            throw bad(file, name, indices.length + " entries are on and " + values.length + " values given");
        }
        return new SparseEntries(indices, values);
    }

    private static int[] fromIndices(SafeTensors file, String name, int elements) {
        int last = -1;
        int[] indices = typed(file, name, DType.I32).toInts();
        for (int index : indices) {
            if (index <= last || index >= elements) {
                throw bad(file, name, "index " + index + " after " + last + " must rise and be below " + elements);
            }
            last = index;
        }
        return indices;
    }

    private static int[] fromBits(SafeTensors file, String name, int elements) {
        byte[] bits = typed(file, name, DType.U8).toBytes();
        if (bits.length != (elements + 7) / 8) {
            throw bad(file, name, bits.length + " bytes for " + elements + " entries");
        }
        BitSet on = BitSet.valueOf(bits);
        if (on.length() > elements) {
            throw bad(file, name, "bit " + (on.length() - 1) + " is set beyond " + elements + " entries");
        }
        return on.stream().toArray();
    }

    private static Tensor typed(SafeTensors file, String name, DType dtype) {
        Tensor tensor = file.get(name);
        if (tensor.dtype() != dtype) {
            throw bad(file, name, "holds " + tensor.dtype() + ", not " + dtype);
        }
        return tensor;
    }

    private static InputException bad(SafeTensors file, String name, String why) {
        return new InputException("adapter " + file.path() + ": tensor " + name + ": " + why);
    }
}
