package org.lrcc.lowrank;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.TreeMap;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.safetensors.TensorDigest;

/**
 * What a network's tensors are, so that an adapter is put only onto the network it was made for. The hash is SHA-256 over one line a tensor, in name order:
 * name, element type, shape and the SHA-256 of the elements (little-endian). The head is left out: adapters bring their own, whatever the base's was.
 */
final class Fingerprint {
    private static final ObjectMapper JSON = new ObjectMapper();

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
        MessageDigest sha = TensorDigest.sha256();
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
        MessageDigest sha = TensorDigest.sha256();
        TensorDigest.update(sha, tensor);
        return tensor.dtype() + " " + tensor.shape() + " " + HexFormat.of().formatHex(sha.digest());
    }
}
