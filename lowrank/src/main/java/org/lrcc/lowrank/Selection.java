package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.lowrank.ConversionReport.Action;
import org.lrcc.nn.NamePattern;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;

/** What a configuration means for the layers of a network: which convolutions are converted, to which rank, and what is frozen. */
final class Selection {
    /** The pattern that stands for every batch normalisation. */
    private static final String BATCH_NORM = "bn";

    /** What becomes of one convolution, why, and its rank where it is converted. */
    record Choice(Action action, String reason, int rank) {}

    private final LowRankConfig config;
    private final boolean made;
    private final @Nullable String head;
    private final Map<String, Choice> choices = new LinkedHashMap<>();
    private final Patterns convert;
    private final Patterns ignore;
    private final Patterns fix;
    private final Patterns freeze;

    /** For a conversion. */
    Selection(Network network, LowRankConfig config) {
        this(network, config, false);
    }

    /** {@code made}: the configuration is that of an adapter file, whose ranks over a base may date from before they had a limit. */
    Selection(Network network, LowRankConfig config, boolean made) {
        this.config = config.check();
        this.made = made;
        this.head = HeadName.of(network);
        this.convert = new Patterns("convert", config.convert());
        this.ignore = new Patterns("ignore", config.ignore());
        this.fix = new Patterns("fix", config.fix());
        this.freeze = new Patterns("freeze", config.freeze());
        List<String> convolutions = names(network, node -> node.layer() instanceof Convolution);
        convert.check("convolution", convolutions);
        ignore.check("convolution", convolutions);
        fix.check("convolution", convolutions);
        freeze.check("layer", freezable(network));
        for (Node node : network.nodes()) {
            if (node.layer() instanceof LowRankConv2d) {
                throw new InputException("layer " + node.name() + " is low-rank already: merge the network first");
            }
            if (node.layer() instanceof Convolution conv) {
                choices.put(node.name(), choose(node.name(), conv));
            }
        }
    }

    private static List<String> names(Network network, Predicate<Node> which) {
        return network.nodes().stream().filter(which).map(Node::name).toList();
    }

    /** Layers with parameters, and the word for batch normalisations where there are some. */
    private static List<String> freezable(Network network) {
        List<String> all = new ArrayList<>(
                names(network, node -> !node.layer().parameters().isEmpty()));
        if (network.nodes().stream().anyMatch(node -> node.layer() instanceof BatchNorm2d)) {
            all.add(BATCH_NORM);
        }
        return all;
    }

    private Choice choose(String name, Convolution conv) {
        if (name.equals(head)) {
            return new Choice(Action.IGNORED, "it is the head", 0);
        }
        String by = fix.find(name);
        if (by != null) {
            return new Choice(Action.FIXED, "fix " + by, 0);
        }
        by = freeze.find(name);
        if (by != null) {
            return new Choice(Action.FIXED, "freeze " + by, 0);
        }
        if (!config.mode().converts()) {
            return config.mode() == TuneMode.FULL
                    ? new Choice(Action.IGNORED, "mode full converts nothing", 0)
                    : new Choice(Action.FIXED, "mode head trains only the head", 0);
        }
        by = ignore.find(name);
        if (by != null) {
            return new Choice(Action.IGNORED, "ignore " + by, 0);
        }
        if (!convert.isEmpty() && convert.find(name) == null) {
            return new Choice(Action.IGNORED, "matches no convert pattern", 0);
        }
        return convertible(name, conv);
    }

    private Choice convertible(String name, Convolution conv) {
        Shape w = conv.weightShape();
        if (conv.geometry().groups() != 1) {
            return leave("it has " + conv.geometry().groups() + " groups");
        }
        if (w.size(2) != w.size(3)) {
            return leave("its kernel of " + w.size(2) + "x" + w.size(3) + " is not square");
        }
        int rank = config.rankFor(w.size(0), w.size(1), w.size(2));
        int limit = config.layout().maxRank(w.size(0), w.size(1), w.size(2));
        // Over a base a rank above the matrix's trains, to no gain; the channel layout is defined by it.
        boolean works = made && !config.mode().decomposes() && config.layout() != Layout.CHANNEL;
        if (rank > limit && !works) {
            throw new InputException("layer " + name + ": rank " + rank + " is above " + limit + ", the highest of its "
                    + config.layout().rows(w.size(0), w.size(2)) + " x "
                    + config.layout().columns(w.size(1), w.size(2))
                    + " matrix; give a lower rank or a ratio, or leave the layer out");
        }
        return new Choice(Action.CONVERTED, config.mode().label(), rank);
    }

    private static Choice leave(String why) {
        return new Choice(Action.LEFT_ALONE, why, 0);
    }

    /** Gives layers that are converted other ranks. */
    void ranks(Map<String, Integer> ranks) {
        choices.replaceAll((name, choice) -> {
            Integer rank = ranks.get(name);
            return rank == null ? choice : new Choice(choice.action(), choice.reason(), rank);
        });
    }

    /** The convolutions' choices, in the network's order. */
    Map<String, Choice> choices() {
        return choices;
    }

    /** Whether nothing of this layer trains and, if it is a batch normalisation, its statistics stay. */
    boolean frozen(Node node) {
        if (config.mode() == TuneMode.HEAD) {
            return true;
        }
        Choice choice = choices.get(node.name());
        if (choice != null) {
            return choice.action() == Action.FIXED;
        }
        return freeze.find(node.name()) != null
                || (node.layer() instanceof BatchNorm2d && config.freeze().contains(BATCH_NORM));
    }

    /** The patterns of one option. */
    private static final class Patterns {
        private final String option;
        private final List<NamePattern> patterns;

        Patterns(String option, List<String> texts) {
            this.option = option;
            this.patterns = NamePattern.of(texts);
        }

        boolean isEmpty() {
            return patterns.isEmpty();
        }

        /** The first pattern that matches, or null. */
        @Nullable
        String find(String name) {
            return patterns.stream()
                    .filter(pattern -> pattern.matches(name))
                    .map(NamePattern::text)
                    .findFirst()
                    .orElse(null);
        }

        void check(String what, List<String> names) {
            for (NamePattern pattern : patterns) {
                if (names.stream().noneMatch(pattern::matches)) {
                    throw new InputException(option + ": pattern " + pattern + " matches no " + what);
                }
            }
        }
    }
}
