package org.lrcc.lowrank;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.safetensors.SafeTensors;

/**
 * Decompositions that may come from a file. The file holds U and V of each layer and says what they were made from: the hash of every weight, its rank, and
 * the options that count. A file that says otherwise than what is asked for is refused, naming the first difference; it is never used or overwritten silently.
 */
final class DecompositionCache {
    private static final String KEY = "lrcc.decomposition";
    private static final int FORMAT = 1;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final LowRankConfig config;
    private final Backend backend = HostBackend.get();

    DecompositionCache(LowRankConfig config) {
        this.config = config;
    }

    Map<String, Decomposer.Result> get(List<Decomposer.Job> jobs, ConversionProgress progress) {
        Path file = config.cache();
        if (file != null && Files.exists(file)) {
            return read(file, jobs);
        }
        Factorizer factorizer = Factorizers.of(config);
        Density density = config.density();
        Map<String, Decomposer.Result> results = density == null
                ? new Decomposer(factorizer, backend, progress, jobs).run(jobs)
                : new DensitySearch(density).run(factorizer, backend, progress, jobs);
        if (file != null) {
            write(file, jobs, results);
        }
        return results;
    }

    private ObjectNode description(List<Decomposer.Job> jobs) {
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT);
        root.put("method", config.method());
        root.put("layout", config.layout().label());
        root.put("steps", config.steps());
        root.put("lambda", config.lambda());
        root.put("noSparse", config.noSparse());
        root.put("seed", config.seed());
        if (factorizerUsesTolerance()) {
            root.put("tolerance", config.tolerance());
        }
        Density density = config.density();
        if (density != null) {
            root.put("density", density.value()).put("globalDensity", density.global());
        }
        ObjectNode layers = root.putObject("layers");
        for (Decomposer.Job job : jobs) {
            Factorizer.Problem problem = job.problem();
            Tensor matrix = Tensor.of(problem.matrix(), problem.rows(), problem.columns());
            layers.putObject(job.layer()).put("rank", problem.rank()).put("weight", Fingerprint.digest(matrix));
        }
        return root;
    }

    private boolean factorizerUsesTolerance() {
        return Factorizers.of(config) instanceof AcceleratedFactorizer;
    }

    private void write(Path file, List<Decomposer.Job> jobs, Map<String, Decomposer.Result> results) {
        Map<String, Tensor> tensors = new HashMap<>();
        results.forEach((name, result) -> {
            Factorization f = result.factorization();
            tensors.put(name + "." + LowRankConv2d.U, Tensor.of(f.u(), f.rows(), f.rank()));
            tensors.put(name + "." + LowRankConv2d.V, Tensor.of(f.v(), f.rank(), f.columns()));
        });
        SafeTensors.write(file, tensors, Map.of(KEY, description(jobs).toString()));
    }

    private Map<String, Decomposer.Result> read(Path file, List<Decomposer.Job> jobs) {
        SafeTensors stored = SafeTensors.read(file);
        compare(
                file,
                "",
                parse(file, stored.metadata().get(KEY)),
                parse(file, description(jobs).toString()));
        Map<String, Decomposer.Result> results = new LinkedHashMap<>();
        try (Kernels kernels = backend.open()) {
            for (Decomposer.Job job : jobs) {
                Factorizer.Problem problem = job.problem();
                float[] u = factor(stored, job.layer() + "." + LowRankConv2d.U, problem.rows(), problem.rank());
                float[] v = factor(stored, job.layer() + "." + LowRankConv2d.V, problem.rank(), problem.columns());
                results.put(job.layer(), new Decomposer.Result(compose(kernels, problem, u, v), 0));
            }
        }
        return results;
    }

    private static JsonNode parse(Path file, @Nullable String json) {
        if (json == null) {
            throw new InputException("cache " + file + ": holds no decompositions");
        }
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new InputException("cache " + file + ": " + e.getOriginalMessage(), e);
        }
    }

    /** Refuses the file at the first value that is not as it would be written now. */
    private static void compare(Path file, String place, JsonNode found, JsonNode wanted) {
        if (!wanted.isObject() || !found.isObject()) {
            if (!found.equals(wanted)) {
                throw new InputException("cache " + file + ": " + place + " is " + found + ", " + wanted
                        + " is asked for; name another file, or delete this one");
            }
            return;
        }
        LinkedHashMap<String, Boolean> names = new LinkedHashMap<>();
        wanted.fieldNames().forEachRemaining(name -> names.put(name, true));
        found.fieldNames().forEachRemaining(name -> names.put(name, true));
        for (String name : names.keySet()) {
            compare(file, place.isEmpty() ? name : place + "." + name, found.path(name), wanted.path(name));
        }
    }

    private static float[] factor(SafeTensors stored, String name, int rows, int columns) {
        Tensor tensor = stored.floats(name);
        if (!tensor.shape().equals(Shape.of(rows, columns))) {
            throw new InputException("cache " + stored.path() + ": tensor " + name + " is " + tensor.shape() + ", not ["
                    + rows + "," + columns + "]");
        }
        return tensor.toFloats();
    }

    /** S, mask and noise follow from U and V; the product is the one that the factorizer ended with. */
    private static Factorization compose(Kernels kernels, Factorizer.Problem problem, float[] u, float[] v) {
        Tensor product = kernels.allocate(DType.F32, Shape.of(problem.rows(), problem.columns()));
        kernels.gemm(
                false,
                false,
                1,
                Tensor.of(u, problem.rows(), problem.rank()),
                Tensor.of(v, problem.rank(), problem.columns()),
                0,
                product);
        float[] uv = product.toFloats();
        product.release();
        return Factorization.of(problem, u, v, uv);
    }
}
