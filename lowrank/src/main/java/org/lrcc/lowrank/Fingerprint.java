package org.lrcc.lowrank;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeMap;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Node;

/**
 * What a network's tensors are, so that an adapter is put only onto the network it was made for. The hash is SHA-256 over one line a tensor, in name order:
 * name, element type, shape and the SHA-256 of the elements (little-endian). The head is left out: adapters bring their own, whatever the base's was.
 */
final class Fingerprint {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CHUNK = 1 << 14;

    private final TreeMap<String, String> digests;

    private Fingerprint(TreeMap<String, String> digests) {
        this.digests = digests;
    }

    static Fingerprint of(Model model) {
        String head = HeadName.of(model.network());
        TreeMap<String, String> digests = new TreeMap<>();
        for (Node node : model.network().nodes()) {
            if (!node.name().equals(head)) {
                node.layer().parameters().forEach(spec -> {
                    String name = node.parameter(spec.name());
                    digests.put(name, digest(model.state().get(name)));
                });
            }
        }
        return new Fingerprint(digests);
    }

    /** The hash of the whole, in hexadecimal. */
    String hash() {
        MessageDigest sha = sha256();
        digests.forEach((name, digest) -> sha.update((name + " " + digest + "\n").getBytes(StandardCharsets.UTF_8)));
        return HexFormat.of().formatHex(sha.digest());
    }

    /** Whether the base holds this very tensor under this name. */
    boolean holds(String name, Tensor tensor) {
        String known = digests.get(name);
        return known != null && known.equals(digest(tensor));
    }

    String toJson() {
        try {
            return JSON.writeValueAsString(digests);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static Fingerprint fromJson(String json) {
        try {
            return new Fingerprint(JSON.readValue(json, new TypeReference<TreeMap<String, String>>() {}));
        } catch (JsonProcessingException e) {
            throw new InputException("fingerprint: " + e.getOriginalMessage(), e);
        }
    }

    /** Element type, shape and SHA-256 of the elements. */
    static String digest(Tensor tensor) {
        MessageDigest sha = sha256();
        int width = tensor.dtype().bytes();
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK * width).order(ByteOrder.LITTLE_ENDIAN);
        Object chunk = HeapStorage.newArray(tensor.dtype(), CHUNK);
        for (int at = 0; at < tensor.elements(); at += CHUNK) {
            int count = Math.min(CHUNK, tensor.elements() - at);
            tensor.storage().read(tensor.offset() + at, chunk, 0, count);
            switch (tensor.dtype()) {
                case F32 -> buffer.asFloatBuffer().put((float[]) chunk, 0, count);
                case F64 -> buffer.asDoubleBuffer().put((double[]) chunk, 0, count);
                case I32 -> buffer.asIntBuffer().put((int[]) chunk, 0, count);
                case U8 -> buffer.slice().put((byte[]) chunk, 0, count);
            }
            sha.update(buffer.array(), 0, count * width);
        }
        return tensor.dtype() + " " + tensor.shape() + " " + HexFormat.of().formatHex(sha.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
