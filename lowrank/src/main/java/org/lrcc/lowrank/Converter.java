package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.ConversionReport.Action;
import org.lrcc.lowrank.LowRankConv2d.Form;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;

/** One conversion of a model. */
final class Converter {
    /** Part of the work that looking for ranks is taken for. */
    private static final double SEARCH = 0.5;

    private final Model base;
    private final @Nullable Model tuned;
    private final @Nullable Density sparse;
    private final LowRankConfig config;
    private final Selection selection;
    private final Map<String, LowRankConv2d> layers = new LinkedHashMap<>();
    private @Nullable Backend backend;

    Converter(Model base, LowRankConfig config) {
        this(base, null, null, config, false);
    }

    /** The structure of an adapter that was made with this configuration; {@link #run} is not for it. */
    static Converter ofAdapter(Model base, LowRankConfig config) {
        return new Converter(base, null, null, config, true);
    }

    /**
     * With a tuned network, the factors are those of its difference from the base, and all else is its own. With a density, so many entries of the difference
     * go into W.
     */
    Converter(Model base, Model tuned, @Nullable Density sparse, LowRankConfig config) {
        this(base, tuned, sparse, config, false);
    }

    private Converter(Model base, @Nullable Model tuned, @Nullable Density sparse, LowRankConfig config, boolean made) {
        this.sparse = sparse;
        this.base = base;
        this.tuned = tuned;
        this.config = config;
        this.selection = new Selection(base.network(), config, made);
        makeLayers();
    }

    private void makeLayers() {
        selection.choices().forEach((name, choice) -> {
            if (choice.action() == Action.CONVERTED) {
                layers.put(name, layer(name, choice.rank()));
            }
        });
    }

    /** Works on this backend instead of the one in use. */
    Converter on(Backend other) {
        backend = other;
        return this;
    }

    private Backend backend() {
        return backend == null ? Backends.get() : backend;
    }

    /** Takes the ranks that the configuration's goal asks for, where it has one. */
    private @Nullable ParameterBudget chooseRanks(ConversionProgress progress) {
        RankGoal goal = config.rankGoal();
        if (goal == null || layers.isEmpty()) {
            return null;
        }
        if (goal.kind() != RankGoal.Kind.PARAMS) {
            selection.ranks(new RankChooser(config, backend(), jobs(), progress).ranks(goal));
            makeLayers();
            return null;
        }
        ParameterBudget budget = new ParameterBudget(config, backend(), (long) goal.value(), jobs(), progress);
        selection.ranks(budget.ranks());
        makeLayers();
        return budget;
    }

    private LowRankConv2d layer(String name, int rank) {
        Convolution conv = (Convolution) base.network().node(name).layer();
        boolean lora = config.mode() == TuneMode.LORA;
        double scale = lora ? config.scale(rank) : 1;
        return LowRankConv2d.of(conv, rank, config.layout(), form(config), scale, lora ? config.dropout() : 0);
    }

    private static Form form(LowRankConfig config) {
        if (config.mode() == TuneMode.LORA) {
            return config.dora() ? Form.DORA : Form.OVER_BASE;
        }
        if (config.noSparse()) {
            return config.keepNoise() ? Form.LOW_RANK_NOISE : Form.LOW_RANK;
        }
        return config.keepNoise() ? Form.SPARSE_NOISE : Form.SPARSE;
    }

    /** What would be done, without doing it. */
    ConversionReport plan() {
        chooseRanks(ConversionProgress.NONE);
        return new ReportWriter(base, config, selection, layers, network()).write(Map.of());
    }

    /** In which order each layer would multiply in a training step. */
    List<LayerPlan> layerPlans(KernelCosts costs, Shape input) {
        chooseRanks(ConversionProgress.NONE);
        Network converted = network();
        Set<String> trained = Trainables.names(converted, selection, config.mode());
        return LayerPlan.of(converted, trained::contains, costs, input);
    }

    Conversion run(ConversionProgress whole) {
        checkFinite(base, "");
        if (tuned != null) {
            checkFinite(tuned, " of the tuned network");
        }
        boolean searches = config.rankGoal() != null;
        ParameterBudget budget = chooseRanks(whole.part(0, SEARCH));
        ConversionProgress progress = searches ? whole.part(SEARCH, 1) : whole;
        Map<String, Decomposer.Result> results = Map.of();
        if (tuned != null) {
            results = factorize(sparse, progress);
        } else if (config.mode().decomposes()) {
            results = decompose(progress);
        }
        while (budget != null && config.mode().decomposes() && budget.exceededBy(results)) {
            selection.ranks(budget.ranks());
            makeLayers();
            results = decompose(progress);
        }
        Map<String, Decomposer.Result> found = results;
        entries(name -> Objects.requireNonNull(found.get(name)).factorization().entries());
        Network network = network();
        State state = state(network, results);
        Model model = new Model(network, state, Provenance.put(rest().info(), config, Fingerprint.of(base)));
        return new Conversion(model, new ReportWriter(base, config, selection, layers, network).write(results));
    }

    /** Where everything comes from that is not converted. */
    private Model rest() {
        return tuned != null ? tuned : base;
    }

    /** The base's structure with low-rank layers and, where they are frozen, batch normalisations that keep their statistics. */
    Network network() {
        Map<String, Layer> changed = new HashMap<>(Trainables.frozenStatistics(rest().network(), selection));
        changed.putAll(layers);
        return rest().network().replace(changed);
    }

    /** Gives the layers the ranks that a goal came to before, from a file. */
    void ranks(Map<String, Integer> ranks) {
        ranks.forEach((name, rank) -> {
            LowRankConv2d layer = layers.get(name);
            if (layer != null) {
                int limit = layer.layout().maxRank(layer.out(), layer.in(), layer.kernel());
                if (rank < 1 || rank > limit) {
                    throw new InputException("layer " + name + ": rank " + rank + " must be from 1 to " + limit);
                }
            }
        });
        selection.ranks(ranks);
        makeLayers();
    }

    /** Gives layers with an S its number of entries, by name: whether S is a list depends on it. */
    void entries(ToIntFunction<String> entries) {
        layers.replaceAll((name, layer) ->
                layer.form().hasSparse() ? layer.holding(config.sparse(), entries.applyAsInt(name)) : layer);
    }

    /** Ranks of the layers that are converted, by name. */
    Map<String, Integer> ranks() {
        Map<String, Integer> ranks = new TreeMap<>();
        layers.forEach((name, layer) -> ranks.put(name, layer.rank()));
        return ranks;
    }

    /** Full names of what trains in the converted structure, perhaps with another head. */
    Set<String> trains(Network network) {
        return Trainables.names(network, selection, config.mode());
    }

    private List<Decomposer.Job> jobs() {
        List<Decomposer.Job> jobs = new ArrayList<>();
        layers.forEach((name, layer) -> jobs.add(new Decomposer.Job(name, problem(name, layer))));
        return jobs;
    }

    /** The decompositions of all layers; with a density, S has it. */
    private Map<String, Decomposer.Result> factorize(@Nullable Density density, ConversionProgress progress) {
        Factorizer factorizer = Factorizers.of(config);
        if (density == null) {
            return new Decomposer(factorizer, backend(), progress, jobs()).run();
        }
        DensitySearch search = new DensitySearch(density);
        return search.cut(backend(), search.run(factorizer, backend(), progress, jobs()));
    }

    private Map<String, Decomposer.Result> decompose(ConversionProgress progress) {
        Map<String, Decomposer.Result> results = factorize(config.density(), progress);
        Double ratio = config.reassignSparsity();
        return ratio == null ? results : Reassignment.apply(backend(), results, ratio);
    }

    /** An adapter over a weight that is not finite would train on nothing but NaN. */
    private void checkFinite(Model model, String whose) {
        layers.forEach((name, layer) -> {
            float[] weight = model.state()
                    .get(model.network().node(name).parameter(LowRankConv2d.WEIGHT))
                    .toFloats();
            for (int i = 0; i < weight.length; i++) {
                if (!Float.isFinite(weight[i])) {
                    throw new InputException("layer " + name + ": weight element " + i + whose + " is " + weight[i]);
                }
            }
        });
    }

    private Factorizer.Problem problem(String name, LowRankConv2d layer) {
        String weightName = base.network().node(name).parameter(LowRankConv2d.WEIGHT);
        float[] weight = base.state().get(weightName).toFloats();
        if (tuned != null) {
            float[] other = tuned.state().get(weightName).toFloats();
            for (int i = 0; i < weight.length; i++) {
                weight[i] = other[i] - weight[i];
            }
        }
        try {
            return new Factorizer.Problem(
                    layer.layout().toMatrix(weight, layer.in(), layer.kernel()),
                    layer.shapeU().size(0),
                    layer.shapeV().size(1),
                    layer.rank(),
                    config.steps(),
                    config.lambda(),
                    tuned == null ? config.noSparse() : sparse == null,
                    config.seed(),
                    name.hashCode(),
                    null);
        } catch (InputException e) {
            throw new InputException("layer " + name + ": " + e.getMessage(), e);
        }
    }

    private State state(Network network, Map<String, Decomposer.Result> results) {
        Set<String> trains = trains(network);
        State.Builder builder = State.builder();
        for (Node node : network.nodes()) {
            Decomposer.Result result = results.get(node.name());
            Map<String, Tensor> made =
                    node.layer() instanceof LowRankConv2d layer ? factors(node, layer, result) : Map.of();
            for (ParameterSpec spec : node.layer().parameters()) {
                String name = node.parameter(spec.name());
                Tensor tensor = made.get(spec.name());
                if (tensor != null) {
                    builder.put(name, spec.role(), tensor);
                } else if (tuned != null && !(node.layer() instanceof LowRankConv2d && spec.role() == Role.FROZEN)) {
                    builder.put(name, spec.role(), tuned.state().get(name).copy());
                } else if (trains.contains(name) || (spec.role() == Role.BUFFER && !selection.frozen(node))) {
                    // What training changes must not change in the base.
                    builder.put(name, spec.role(), base.state().get(name).copy());
                } else {
                    builder.share(base.state(), name, spec.role());
                }
            }
        }
        return builder.build().withTrainable(trains::contains);
    }

    private Map<String, Tensor> factors(Node node, LowRankConv2d layer, Decomposer.@Nullable Result result) {
        Map<String, Tensor> made = new HashMap<>();
        if (layer.form() == Form.DORA) {
            Tensor weight = base.state().get(node.parameter(LowRankConv2d.WEIGHT));
            made.put(LowRankConv2d.MAGNITUDE, Tensor.of(lengths(weight), layer.out()));
        }
        if (result == null || isZero(result.factorization())) {
            float[] matrix =
                    config.init().changesBase() ? problem(node.name(), layer).matrix() : new float[0];
            AdapterStart start = AdapterStart.of(config, node.name(), layer, matrix, backend());
            made.put(LowRankConv2d.U, Tensor.of(start.u(), layer.shapeU().sizes()));
            made.put(LowRankConv2d.V, Tensor.of(start.v(), layer.shapeV().sizes()));
            float[] rest = start.weight();
            if (rest != null) {
                made.put(
                        LowRankConv2d.WEIGHT,
                        Tensor.of(rest, layer.weightShape().sizes()));
            }
            return made;
        }
        Factorization f = result.factorization();
        int[] shape = layer.weightShape().sizes();
        Balance.Factors uv = balanced(f, node.name());
        made.put(
                LowRankConv2d.U,
                Tensor.of(scaled(uv.u(), 1 / layer.scale()), layer.shapeU().sizes()));
        made.put(LowRankConv2d.V, Tensor.of(uv.v(), layer.shapeV().sizes()));
        if (tuned != null && f.entries() > 0) {
            float[] weight =
                    base.state().get(node.parameter(LowRankConv2d.WEIGHT)).toFloats();
            float[] added = weight(layer, f.s());
            for (int i = 0; i < weight.length; i++) {
                weight[i] += added[i];
            }
            made.put(LowRankConv2d.WEIGHT, Tensor.of(weight, shape));
        }
        if (layer.form().hasSparse()) {
            byte[] mask = layer.layout().toWeight(f.mask(), layer.in(), layer.kernel());
            made.putAll(SparseEntries.of(weight(layer, f.s()), mask).parameters(layer));
        }
        if (layer.form().hasNoise()) {
            made.put(LowRankConv2d.NOISE, Tensor.of(weight(layer, f.noise()), shape));
        }
        return made;
    }

    /** Lengths of a weight's rows, one a channel out. */
    private static float[] lengths(Tensor weight) {
        float[] values = weight.toFloats();
        float[] lengths = new float[weight.shape().size(0)];
        int row = values.length / lengths.length;
        for (int i = 0; i < lengths.length; i++) {
            double sum = LowRankConv2d.NORM_EPS;
            for (int j = i * row; j < (i + 1) * row; j++) {
                sum += (double) values[j] * values[j];
            }
            lengths[i] = (float) Math.sqrt(sum);
        }
        return lengths;
    }

    private Balance.Factors balanced(Factorization f, String layer) {
        try (Kernels kernels = backend().open()) {
            return config.balance().of(f, config.seed() ^ layer.hashCode(), kernels);
        }
    }

    /** A layer that tuning left as it was begins as a new one: from U = 0 and V = 0 nothing could train. */
    private boolean isZero(Factorization f) {
        return tuned != null && f.entries() == 0 && allZero(f.v());
    }

    private static boolean allZero(float[] values) {
        for (float value : values) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    private static float[] scaled(float[] values, double factor) {
        if (factor == 1) {
            return values;
        }
        float[] scaled = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            scaled[i] = (float) (values[i] * factor);
        }
        return scaled;
    }

    private static float[] weight(LowRankConv2d layer, float[] matrix) {
        return layer.layout().toWeight(matrix, layer.in(), layer.kernel());
    }
}
