package org.lrcc.nn.safetensors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Tensor;

/** SHA-256 over tensors' elements (little-endian), and over named tensors: names, element types, shapes and elements, in the order of the names. */
public final class TensorDigest {
    private static final int CHUNK = 1 << 14;

    private TensorDigest() {}

    /** The digest as 64 hexadecimal digits. */
    public static String sha256(Map<String, Tensor> tensors) {
        MessageDigest digest = sha256();
        new TreeMap<>(tensors).forEach((name, tensor) -> {
            digest.update((name + " " + tensor.dtype() + " " + tensor.shape() + "\n").getBytes(StandardCharsets.UTF_8));
            update(digest, tensor);
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Adds a tensor's elements, in order and little-endian, to a digest. */
    public static void update(MessageDigest digest, Tensor tensor) {
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK * 8).order(ByteOrder.LITTLE_ENDIAN);
        Object chunk = HeapStorage.newArray(tensor.dtype(), Math.min(CHUNK, tensor.elements()));
        for (int at = 0; at < tensor.elements(); at += CHUNK) {
            int count = Math.min(CHUNK, tensor.elements() - at);
            tensor.storage().read(tensor.offset() + at, chunk, 0, count);
            buffer.clear();
            switch (tensor.dtype()) {
                case F32 -> buffer.asFloatBuffer().put((float[]) chunk, 0, count);
                case F64 -> buffer.asDoubleBuffer().put((double[]) chunk, 0, count);
                case I32 -> buffer.asIntBuffer().put((int[]) chunk, 0, count);
                case U8 -> buffer.put((byte[]) chunk, 0, count);
            }
            digest.update(buffer.array(), 0, count * tensor.dtype().bytes());
        }
    }

    /** A SHA-256 that nothing was added to. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
