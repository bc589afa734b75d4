package org.lrcc.lowrank;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.safetensors.SafeTensors;
import org.lrcc.nn.safetensors.TensorDigest;

/**
 * A factorizer that keeps what it found in a folder, and finds it there again. An entry holds U and V of one matrix in a safetensors file; its name is the SHA-256 of
 * a description of the problem: the matrix's own SHA-256 and shape, rank, method with every option that counts, seed, backend and its vectors' width. The description stands inside too,
 * with the digest of U and V. So entries of other networks and options lie beside each other and are never taken for each other; an entry that is damaged, or that
 * came under another's name, is refused.
 */
final class CachedFactorizer implements Factorizer {
    private static final String PROBLEM = "lrcc.decomposition";
    private static final String DIGEST = "lrcc.sha256";
    /** To be raised with the arithmetic of a factorizer, of the truncated SVD or of their linear algebra, and with the form of entries: those of before are then not found. */
    private static final int FORMAT = 3;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Factorizer inner;
    private final Path folder;
    private final @Nullable Double tolerance;

    /**
     * Makes the folder where it is missing.
     *
     * @param tolerance of the method, where it has one
     * @throws InputException where the folder is a file or cannot be made
     */
    CachedFactorizer(Factorizer inner, Path folder, @Nullable Double tolerance) {
        this.inner = inner;
        this.folder = folder;
        this.tolerance = tolerance;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InputException("cache " + folder + ": must be a folder, or a place for one: " + e, e);
        }
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public Factorization factorize(Problem problem, Kernels kernels, Progress progress) {
        String description = description(problem, kernels);
        Path file = folder.resolve(key(description) + ".safetensors");
        if (Files.exists(file)) {
            Factorization found = read(file, description, problem, kernels);
            progress.at(1);
            return found;
        }
        Factorization made = inner.factorize(problem, kernels, progress);
        Map<String, Tensor> tensors = Map.of(
                LowRankConv2d.U, Tensor.of(made.u(), made.rows(), made.rank()),
                LowRankConv2d.V, Tensor.of(made.v(), made.rank(), made.columns()));
        SafeTensors.write(file, tensors, Map.of(PROBLEM, description, DIGEST, TensorDigest.sha256(tensors)));
        return made;
    }

    /** All that the result depends on. */
    private String description(Problem problem, Kernels kernels) {
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT);
        root.put("weight", Fingerprint.digest(Tensor.of(problem.matrix(), problem.rows(), problem.columns())));
        root.put("rank", problem.rank());
        root.put("method", inner.name());
        if (tolerance != null) {
            root.put("tolerance", tolerance);
        }
        root.put("steps", problem.steps());
        root.put("lambda", problem.lambda());
        root.put("noSparse", problem.noSparse());
        root.put("seed", problem.seed());
        root.put("stream", problem.stream());
        float[] row = problem.firstRow();
        if (row != null) {
            root.put("firstRow", Fingerprint.digest(Tensor.of(row, row.length)));
        }
        root.put("backend", kernels.backend().name());
        if (kernels.backend() instanceof CpuBackend cpu) {
            // Sums are rounded in another order at another width.
            root.put("vectorBits", cpu.vectorBits());
        }
        return root.toString();
    }

    private static String key(String description) {
        MessageDigest sha = TensorDigest.sha256();
        sha.update(description.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(sha.digest());
    }

    private static Factorization read(Path file, String description, Problem problem, Kernels kernels) {
        SafeTensors stored = SafeTensors.read(file);
        compare(file, stored.metadata().get(PROBLEM), description);
        Tensor u = factor(stored, LowRankConv2d.U, problem.rows(), problem.rank());
        Tensor v = factor(stored, LowRankConv2d.V, problem.rank(), problem.columns());
        String digest = TensorDigest.sha256(Map.of(LowRankConv2d.U, u, LowRankConv2d.V, v));
        if (!digest.equals(stored.metadata().get(DIGEST))) {
            throw refused(file, "its factors are damaged: they do not have the SHA-256 that it says");
        }
        float[] factorU = u.toFloats();
        float[] factorV = v.toFloats();
        // The product is the one that the factorizer ended with; S, mask and noise follow from it.
        float[] product =
                Matrices.product(kernels, factorU, factorV, problem.rows(), problem.rank(), problem.columns());
        return Factorization.of(problem, factorU, factorV, product);
    }

    /** Refuses an entry that says of itself that it belongs to another problem, naming the first difference. */
    private static void compare(Path file, @Nullable String found, String wanted) {
        if (wanted.equals(found)) {
            return;
        }
        if (found == null) {
            throw refused(file, "it holds no decomposition");
        }
        try {
            JsonNode there = JSON.readTree(found);
            JsonNode here = JSON.readTree(wanted);
            for (Iterator<String> names = here.fieldNames(); names.hasNext(); ) {
                String name = names.next();
                if (!here.get(name).equals(there.get(name))) {
                    throw refused(
                            file,
                            "it belongs to another decomposition: its " + name + " is " + there.path(name) + ", not "
                                    + here.get(name));
                }
            }
        } catch (JsonProcessingException e) {
            throw new InputException("cache " + file + ": " + e.getOriginalMessage(), e);
        }
        throw refused(file, "it says more of itself than would be written now");
    }

    private static Tensor factor(SafeTensors stored, String name, int rows, int columns) {
        Tensor tensor = stored.floats(name);
        if (!tensor.shape().equals(Shape.of(rows, columns))) {
            throw refused(
                    stored.path(), "tensor " + name + " is " + tensor.shape() + ", not [" + rows + "," + columns + "]");
        }
        return tensor;
    }

    private static InputException refused(Path file, String why) {
        return new InputException("cache " + file + ": " + why + "; delete it and it is made anew");
    }
}
