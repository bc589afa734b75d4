package org.lrcc.lowrank;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
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

    /** S with its mask. */
    record Sparse(Tensor values, Tensor mask) {}

    static void encode(String name, Tensor s, Tensor mask, Map<String, Tensor> out) {
        float[] all = s.toFloats();
        byte[] off = mask.toBytes();
        int count = 0;
        for (byte b : off) {
            count += 1 - b;
        }
        float[] values = new float[count];
        int[] indices = new int[count];
        byte[] bits = new byte[(off.length + 7) / 8];
        int at = 0;
        for (int i = 0; i < off.length; i++) {
            if (off[i] == 0) {
                values[at] = all[i];
                indices[at++] = i;
                bits[i / 8] |= (byte) (1 << i % 8);
            }
        }
        out.put(name + VALUES, Tensor.of(values, count));
        if (4L * count < bits.length) {
            out.put(name + INDICES, Tensor.of(indices, count));
        } else {
            out.put(name + BITS, Tensor.of(bits, bits.length));
        }
    }

    /** Names that {@link #encode} may write for this one. */
    static List<String> names(String name) {
        return List.of(name + VALUES, name + INDICES, name + BITS);
    }

    static Sparse decode(String name, Shape shape, SafeTensors file) {
        float[] values = file.floats(name + VALUES).toFloats();
        byte[] off = new byte[shape.elements()];
        Arrays.fill(off, (byte) 1);
        int count = file.contains(name + INDICES)
                ? fromIndices(file, name + INDICES, off)
                : fromBits(file, name + BITS, off);
        if (count != values.length) {
            throw bad(file, name, count + " entries are on and " + values.length + " values given");
        }
        float[] s = new float[off.length];
        int at = 0;
        for (int i = 0; i < off.length; i++) {
            if (off[i] == 0) {
                s[i] = values[at++];
            }
        }
        return new Sparse(Tensor.of(s, shape.sizes()), Tensor.of(off, shape.sizes()));
    }

    private static int fromIndices(SafeTensors file, String name, byte[] off) {
        int last = -1;
        int[] indices = typed(file, name, DType.I32).toInts();
        for (int index : indices) {
            if (index <= last || index >= off.length) {
                throw bad(file, name, "index " + index + " after " + last + " must rise and be below " + off.length);
            }
            off[index] = 0;
            last = index;
        }
        return indices.length;
    }

    private static int fromBits(SafeTensors file, String name, byte[] off) {
        byte[] bits = typed(file, name, DType.U8).toBytes();
        if (bits.length != (off.length + 7) / 8) {
            throw bad(file, name, bits.length + " bytes for " + off.length + " entries");
        }
        int count = 0;
        for (int i = 0; i < 8 * bits.length; i++) {
            if ((bits[i / 8] >> i % 8 & 1) != 0) {
                if (i >= off.length) {
                    throw bad(file, name, "bit " + i + " is set beyond " + off.length + " entries");
                }
                off[i] = 0;
                count++;
            }
        }
        return count;
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
