package org.lrcc.nn.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ChannelGroups;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.Concat;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.layer.Dropout;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Identity;
import org.lrcc.nn.layer.MaxPool2d;

/**
 * Turns a plan's steps for inference into ones that keep activations' channels in groups (docs/adr/0012), from the convolution that reads the image to the layer behind
 * which there are no planes any more, or to the first that wants planes; where a step before it has no kernel for groups, nowhere: turning values from one order to the other between layers costs what the order gains.
 */
final class GroupedSteps {
    private final ChannelGroups groups;
    private final Map<String, Shape> shapes;
    /** Channels of the values that are in groups. */
    private final Map<Integer, Integer> grouped = new HashMap<>();
    /** Products of the convolutions in groups, and those with the channels that fill up their groups. */
    private double products;

    private double padded;
    /** Floats of their outputs, likewise. */
    private double values;

    private double paddedValues;

    /**
     * @param shapes of nodes' values in planes
     */
    GroupedSteps(ChannelGroups groups, Map<String, Shape> shapes) {
        this.groups = groups;
        this.shapes = shapes;
    }

    /**
     * The steps in groups; empty where a step between the first convolution and the last pool has no kernel for them, or where more than a third of the convolutions' products, or of their values,
     * would be with channels that only fill up a group.
     */
    List<Step> of(List<Step> steps) {
        List<Step> result = new ArrayList<>();
        for (Step step : steps) {
            Step other = step(step);
            if (other == null) {
                return List.of();
            }
            result.add(other);
        }
        boolean leaves = result.stream().anyMatch(step -> step instanceof AverageStep || step instanceof PlanesStep);
        // The last step's value is the network's output, which is in planes.
        boolean pays = padded * 2 <= products * 3 && paddedValues * 2 <= values * 3;
        return pays
                        && leaves
                        && !grouped.containsKey(steps.get(steps.size() - 1).output())
                ? result
                : List.of();
    }

    /** A step's counterpart, itself where it reads no groups, or null where it would but cannot. */
    private @Nullable Step step(Step step) {
        int count = 0;
        for (int input : step.inputs()) {
            count += grouped.containsKey(input) ? 1 : 0;
        }
        boolean all = count == step.inputs().length;
        if (step instanceof FusedStep fused && fused.chain().first().layer() instanceof Convolution convolution) {
            boolean in = grouped.containsKey(fused.chain().input());
            boolean fits = fused.chain().residual() < 0
                    || grouped.containsKey(fused.chain().residual());
            if (fits && groups.covers(convolution.weightShape(), convolution.geometry(), in)) {
                count(fused.chain().first().name(), convolution, in);
                grouped.put(step.output(), convolution.outChannels());
                return new ConvolutionStep(fused.chain(), in);
            }
            return count == 0 ? step : null;
        }
        if (count == 0) {
            return step;
        }
        if (!all || !(step instanceof LayerStep layer)) {
            return null;
        }
        if (layer.layer() instanceof Concat concat) {
            return concat(concat, layer);
        }
        if (!isOfOneWidth(step)) {
            return null;
        }
        int channels = Objects.requireNonNull(grouped.get(step.inputs()[0]));
        if (layer.layer() instanceof GlobalAvgPool) {
            return new AverageStep(layer, channels);
        }
        if (layer.layer() instanceof MaxPool2d) {
            grouped.put(step.output(), channels);
            return new MaxStep(layer, channels);
        }
        if (layer.layer() instanceof Activate
                || layer.layer() instanceof Add
                || layer.layer() instanceof Identity
                || layer.layer() instanceof Dropout) {
            grouped.put(step.output(), channels);
            return step;
        }
        return layer.inputs().length == 1 ? new PlanesStep(layer, channels) : null;
    }

    /** Channels one after the other are groups one after the other where all but the last inputs fill theirs. */
    private @Nullable Step concat(Concat concat, LayerStep step) {
        int channels = 0;
        for (int input : step.inputs()) {
            if (concat.axis() != 1 || channels % groups.group() != 0) {
                return null;
            }
            channels += Objects.requireNonNull(grouped.get(input));
        }
        grouped.put(step.output(), channels);
        return step;
    }

    /** Whether all inputs have as many channels: one of a single channel is not added to all of a group. */
    private boolean isOfOneWidth(Step step) {
        return IntStream.of(step.inputs()).map(grouped::get).distinct().count() == 1;
    }

    private void count(String node, Convolution convolution, boolean in) {
        Shape out = Objects.requireNonNull(shapes.get(node));
        double taps = (double) convolution.weightShape().elements(2, 4) * out.elements(2, 4);
        int inputs = convolution.weightShape().size(1);
        boolean all = in && convolution.geometry().groups() == 1;
        products += taps * inputs * convolution.outChannels();
        values += (double) out.elements(2, 4) * convolution.outChannels();
        paddedValues += out.elements(2, 4) * padded(convolution.outChannels());
        padded += taps * (all ? padded(inputs) : inputs) * padded(convolution.outChannels());
    }

    private double padded(int channels) {
        return Math.ceil((double) channels / groups.group()) * groups.group();
    }

    /** What {@code kernel} writes outside of an op, on the tape; nothing is written where a run is rehearsed. */
    private static Var written(Tape tape, Shape shape, Consumer<Tensor> kernel) {
        Tensor y = tape.kernels().allocate(DType.F32, shape);
        if (tape.kernels().computes()) {
            kernel.accept(y);
        }
        Var var = tape.constant(y);
        y.release();
        return var;
    }

    /** A convolution with what follows it, its weights folded and prepared; these are kept by the state until a tensor that they were made from changes. */
    private final class ConvolutionStep extends FoldedStep {
        private record Prepared(Key key, Activation activation, ChannelGroups groups, boolean in) {}

        private final boolean in;

        ConvolutionStep(Chain chain, boolean in) {
            super(chain);
            this.in = in;
        }

        @Override
        void prepare(Kernels kernels, State state) {
            prepared(kernels, state);
        }

        private ChannelGroups.Convolution prepared(Kernels kernels, State state) {
            Activation activation = chain().activation();
            return state.derived(new Prepared(key, activation, groups, in), from, () -> {
                Folded folded = fold(kernels, state);
                return groups.convolution(folded.weight(), folded.bias(), activation, convolution.geometry(), in);
            });
        }

        @Override
        Var run(StepContext context, Activation activation, @Nullable Var residual, Var x) {
            Tape tape = context.tape();
            ChannelGroups.Convolution prepared = prepared(tape.kernels(), context.state());
            Shape planes = in ? groups.planes(x.shape(), convolution.inChannels()) : x.shape();
            Shape out = groups.grouped(convolution.geometry().infer(planes, convolution.weightShape()));
            return written(tape, out, y -> prepared.run(x.tensor(), residual == null ? null : residual.tensor(), y));
        }
    }

    private final class MaxStep extends LayerStep {
        private final int channels;

        MaxStep(LayerStep step, int channels) {
            super(step.node(), step.inputs(), step.output());
            this.channels = channels;
        }

        @Override
        Var run(StepContext context, @Nullable Var[] live) {
            Tensor x = live(live, inputs()[0]).tensor();
            MaxPool2d pool = (MaxPool2d) layer();
            Shape out = groups.grouped(pool.geometry().infer(groups.planes(x.shape(), channels)));
            return written(context.tape(), out, y -> groups.maxPool2d(x, pool.geometry(), y));
        }
    }

    private final class AverageStep extends LayerStep {
        private final int channels;

        AverageStep(LayerStep step, int channels) {
            super(step.node(), step.inputs(), step.output());
            this.channels = channels;
        }

        @Override
        Var run(StepContext context, @Nullable Var[] live) {
            Tensor x = live(live, inputs()[0]).tensor();
            Shape out = layer().infer(groups.planes(x.shape(), channels));
            return written(context.tape(), out, y -> groups.globalAverage(x, y));
        }
    }

    /** A layer that wants planes. */
    private final class PlanesStep extends LayerStep {
        private final int channels;

        PlanesStep(LayerStep step, int channels) {
            super(step.node(), step.inputs(), step.output());
            this.channels = channels;
        }

        @Override
        Var run(StepContext context, @Nullable Var[] live) {
            Tape tape = context.tape();
            Tensor x = live(live, inputs()[0]).tensor();
            Var planes = written(tape, groups.planes(x.shape(), channels), y -> groups.toPlanes(x, y));
            @Nullable Var[] one = new Var[live.length];
            one[inputs()[0]] = planes;
            Var out = super.run(context, one);
            tape.release(planes);
            return out;
        }
    }
}
