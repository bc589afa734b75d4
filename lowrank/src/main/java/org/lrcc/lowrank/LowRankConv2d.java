package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Activate;
import org.lrcc.engine.op.Add;
import org.lrcc.engine.op.ComposeSparse;
import org.lrcc.engine.op.Dropout;
import org.lrcc.engine.op.LowRankWork;
import org.lrcc.engine.op.MaskSparse;
import org.lrcc.engine.op.MatMul;
import org.lrcc.engine.op.Reshape;
import org.lrcc.engine.op.Scale;
import org.lrcc.engine.op.ScatterSparse;
import org.lrcc.engine.op.WeightNorm;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.layer.LayerContext;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.layer.Role;

/**
 * A convolution with a square kernel whose weight is U·V + S (1 - M) (+ noise), or W + scale U·V over a frozen W (lora_mode),
 * the latter perhaps with a magnitude for each channel out (DoRA).
 *
 * <p>Parameters, named as the original tool does: "lora_B" is U, "lora_A" is V (shapes by {@link Layout}); "sparse_weight" is S and "sparse_mask" is M (U8, 1
 * where S is off), both of the weight's shape, or, where S is a list, "sparse_weight" its entries that are on and "sparse_indices" (I32) where they stand in the weight, ascending; "noise" has the weight's shape; "weight" is W; "lora_magnitude_vector" {@code [out]}; "bias" {@code [out]}. Which of U, V and S train is the state's matter.
 *
 * <p>A training step multiplies in the order that a cost model finds cheapest, pass by pass; it forms a whole weight, or a gradient of one, only where that costs least. Inference
 * composes the weight, once for a state.
 *
 * @param in channels in
 * @param out channels out
 * @param kernel rows and columns of the kernel
 * @param geometry stride, padding, dilation; one group
 * @param hasBias whether it has a bias
 * @param rank r
 * @param layout how U·V is read
 * @param form what is added to U·V
 * @param scale factor of U·V; 1 but over a base weight
 * @param dropout probability to drop an input element of the adapter's branch in training; 0 but in form {@link Form#OVER_BASE}
 * @param entries entries of S where it is a list; {@link #WHOLE} where it lies whole, or there is none
 */
public record LowRankConv2d(
        int in,
        int out,
        int kernel,
        ConvGeometry geometry,
        boolean hasBias,
        int rank,
        Layout layout,
        Form form,
        double scale,
        double dropout,
        int entries)
        implements Convolution {
    /** V. */
    public static final String V = "lora_A";
    /** U. */
    public static final String U = "lora_B";
    /** S. */
    public static final String SPARSE = "sparse_weight";
    /** M. */
    public static final String MASK = "sparse_mask";
    /** Where the entries of S stand, where it is a list. */
    public static final String INDICES = "sparse_indices";
    /** What the decomposition left over. */
    public static final String NOISE = "noise";
    /** W. */
    public static final String WEIGHT = "weight";
    /** Lengths of the weight's rows, one a channel out; named as in PEFT. */
    public static final String MAGNITUDE = "lora_magnitude_vector";

    /** In the place of a number of entries: S is no list. */
    public static final int WHOLE = -1;

    /** Added to the sum of a row's squares where it is divided by its length. */
    static final double NORM_EPS = 1e-12;

    /** What U·V is completed with. */
    public enum Form {
        /** Nothing. */
        LOW_RANK(false, false),
        /** The noise. */
        LOW_RANK_NOISE(false, true),
        /** S. */
        SPARSE(true, false),
        /** S and the noise. */
        SPARSE_NOISE(true, true),
        /** The frozen weight. */
        OVER_BASE(false, false),
        /**
         * The frozen weight, and then each row (channel out) is given a length that trains for itself.
         *
         * <p>Source: S.-Y. Liu et al., "DoRA: weight-decomposed low-rank adaptation", ICML 2024. The row's own length is a function of U and V in the gradient here;
         * PEFT takes it for a constant there.
         */
        DORA(false, false);

        private final boolean sparse;
        private final boolean noise;

        Form(boolean sparse, boolean noise) {
            this.sparse = sparse;
            this.noise = noise;
        }

        /** Whether there is an S. */
        public boolean hasSparse() {
            return sparse;
        }

        /** Whether the noise is kept. */
        public boolean hasNoise() {
            return noise;
        }

        /** Whether there is a frozen W. */
        public boolean overBase() {
            return this == OVER_BASE || this == DORA;
        }
    }

    /** Checks sizes and ranges. */
    public LowRankConv2d {
        if (in < 1 || out < 1 || kernel < 1 || rank < 1) {
            throw new InputException("low-rank conv2d: channels " + in + " to " + out + ", kernel " + kernel
                    + " and rank " + rank + " must be at least 1");
        }
        if (geometry.groups() != 1) {
            throw new InputException("low-rank conv2d: " + geometry.groups() + " groups, only 1 can be converted");
        }
        boolean plain = scale == 1 && dropout == 0;
        if (!(dropout >= 0 && dropout < 1) || !(scale > 0) || (!form.overBase() && !plain)) {
            throw new InputException("low-rank conv2d: scale " + scale + " must be above 0 and dropout " + dropout
                    + " from 0 to below 1; other than 1 and 0 only over a base weight, not in form " + form);
        }
        if (form == Form.DORA && dropout > 0) {
            throw new InputException("low-rank conv2d: dropout " + dropout
                    + " must be 0 in form DORA, where the branch has no output of its own");
        }
        int most = form.hasSparse() ? Shape.of(out, in, kernel, kernel).elements() : WHOLE;
        if (entries < WHOLE || entries > most) {
            throw new InputException(
                    "low-rank conv2d: S of form " + form + " cannot have " + entries + " entries, at most " + most);
        }
    }

    /** A layer whose S, if it has one, lies whole. */
    public LowRankConv2d(
            int in,
            int out,
            int kernel,
            ConvGeometry geometry,
            boolean hasBias,
            int rank,
            Layout layout,
            Form form,
            double scale,
            double dropout) {
        this(in, out, kernel, geometry, hasBias, rank, layout, form, scale, dropout, WHOLE);
    }

    /** A low-rank layer in the place of {@code conv}, which has a square kernel and one group. */
    static LowRankConv2d of(Convolution conv, int rank, Layout layout, Form form, double scale, double dropout) {
        Shape w = conv.weightShape();
        if (w.size(2) != w.size(3)) {
            throw new InputException("low-rank conv2d: a kernel of " + w.size(2) + "x" + w.size(3) + " is not square");
        }
        return new LowRankConv2d(
                w.size(1), w.size(0), w.size(2), conv.geometry(), conv.hasBias(), rank, layout, form, scale, dropout);
    }

    /** The same layer with as many entries of S, in the form that is asked for. */
    LowRankConv2d holding(SparseForm sparse, int count) {
        boolean lists = sparse.lists(count, weightShape().elements());
        return new LowRankConv2d(
                in, out, kernel, geometry, hasBias, rank, layout, form, scale, dropout, lists ? count : WHOLE);
    }

    /** Whether S is a list. */
    public boolean isCompact() {
        return entries != WHOLE;
    }

    /** Whether the parameter of this local name says where S is on, and holds no numbers of the network. */
    static boolean placesSparse(String local) {
        return local.equals(MASK) || local.equals(INDICES);
    }

    /** The plain convolution of the same shape. */
    public Conv2d plain() {
        return new Conv2d(in, out, kernel, kernel, geometry, hasBias);
    }

    /** Shape of U. */
    public Shape shapeU() {
        return Shape.of(layout.rows(out, kernel), rank);
    }

    /** Shape of V. */
    public Shape shapeV() {
        return Shape.of(rank, layout.columns(in, kernel));
    }

    @Override
    public Shape weightShape() {
        return Shape.of(out, in, kernel, kernel);
    }

    @Override
    public List<ParameterSpec> parameters() {
        List<ParameterSpec> all = new ArrayList<>();
        if (form.overBase()) {
            all.add(new ParameterSpec(WEIGHT, weightShape(), DType.F32, Role.FROZEN));
        }
        all.add(new ParameterSpec(V, shapeV(), DType.F32, Role.WEIGHT));
        all.add(new ParameterSpec(U, shapeU(), DType.F32, Role.WEIGHT));
        if (isCompact()) {
            all.add(ParameterSpec.weight(SPARSE, entries));
            all.add(new ParameterSpec(INDICES, Shape.of(entries), DType.I32, Role.FROZEN));
        } else if (form.hasSparse()) {
            all.add(new ParameterSpec(SPARSE, weightShape(), DType.F32, Role.WEIGHT));
            all.add(new ParameterSpec(MASK, weightShape(), DType.U8, Role.FROZEN));
        }
        if (form.hasNoise()) {
            all.add(new ParameterSpec(NOISE, weightShape(), DType.F32, Role.FROZEN));
        }
        if (form == Form.DORA) {
            all.add(ParameterSpec.weight(MAGNITUDE, out));
        }
        if (hasBias) {
            all.add(ParameterSpec.weight("bias", out));
        }
        return all;
    }

    @Override
    public Var weight(LayerContext c) {
        Var uv = product(c);
        return switch (form) {
            case LOW_RANK -> uv;
            case LOW_RANK_NOISE -> replace(c.tape(), uv, c.tape().apply(new Add(), uv, c.parameter(NOISE)));
            case OVER_BASE -> overBase(c, uv);
            case DORA -> {
                Var direction = overBase(c, uv);
                yield replace(
                        c.tape(),
                        direction,
                        c.tape().apply(new WeightNorm(NORM_EPS), direction, c.parameter(MAGNITUDE)));
            }
            case SPARSE, SPARSE_NOISE -> {
                Var sum = replace(c.tape(), uv, withSparse(c, uv));
                yield isCompact() && form.hasNoise()
                        ? replace(c.tape(), sum, c.tape().apply(new Add(), sum, c.parameter(NOISE)))
                        : sum;
            }
        };
    }

    /** U·V + S, and the noise where S lies whole. */
    private Var withSparse(LayerContext c, Var uv) {
        Var s = c.parameter(SPARSE);
        if (isCompact()) {
            return c.tape().apply(new ScatterSparse(weightShape()), s, c.parameter(INDICES), uv);
        }
        return form.hasNoise()
                ? c.tape().apply(new ComposeSparse(), uv, s, c.parameter(MASK), c.parameter(NOISE))
                : c.tape().apply(new ComposeSparse(), uv, s, c.parameter(MASK));
    }

    private static Var overBase(LayerContext c, Var uv) {
        return replace(c.tape(), uv, c.tape().apply(new Add(), c.parameter(WEIGHT), uv));
    }

    /** scale U·V as a weight. */
    private Var product(LayerContext c) {
        Tape tape = c.tape();
        Var uv = tape.apply(new MatMul(), c.parameter(U), c.parameter(V));
        if (scale != 1) {
            uv = replace(tape, uv, tape.apply(new Scale(scale), uv));
        }
        return replace(tape, uv, layout.toWeight(tape, uv, out, in, kernel));
    }

    private static Var replace(Tape tape, Var old, Var now) {
        tape.release(old);
        return now;
    }

    /**
     * In training without a composed weight where another order is cheaper: see {@link org.lrcc.engine.op.LowRankConv2d}. In inference, and where the magnitudes need it (DoRA), the
     * weight is composed.
     */
    @Override
    public Var forward(LayerContext c, Activation activation, @Nullable Var residual, Var x) {
        if (!c.training() || form == Form.DORA) {
            return Convolution.super.forward(c, activation, residual, x);
        }
        Tape tape = c.tape();
        if (dropout == 0) {
            Var rest = rest(c);
            Var y = lowRank(c, x, rest);
            if (rest != null && form.hasSparse()) {
                tape.release(rest);
            }
            return finish(c, activation, residual, y);
        }
        Var dropped = tape.apply(new Dropout(dropout, c.seed(), c.stream()), x);
        Var branch = lowRank(c, dropped, null);
        tape.release(dropped);
        Var added = residual == null ? branch : replace(tape, branch, tape.apply(new Add(), branch, residual));
        return replace(tape, added, plain().forward(c, activation, added, x));
    }

    /** What a training step has to compute for a batch x, where {@code wantsX} says whether x's gradient is wanted and {@code trains} which parameters, by local name, train. */
    LowRankWork work(Shape x, boolean wantsX, Predicate<String> trains) {
        boolean rest = form != Form.LOW_RANK && dropout == 0;
        boolean wantsRest = rest && form.hasSparse() && trains.test(SPARSE);
        return new LowRankWork(
                x,
                out,
                kernel,
                rank,
                geometry,
                layout.factors(),
                rest,
                wantsX,
                trains.test(U),
                trains.test(V),
                wantsRest);
    }

    private Var lowRank(LayerContext c, Var x, @Nullable Var rest) {
        var op = new org.lrcc.engine.op.LowRankConv2d(geometry, kernel, layout.factors(), scale, null);
        Var u = c.parameter(U);
        Var v = c.parameter(V);
        return rest == null ? c.tape().apply(op, x, u, v) : c.tape().apply(op, x, u, v, rest);
    }

    /** What U·V is completed with; null where it is nothing. */
    private @Nullable Var rest(LayerContext c) {
        return switch (form) {
            case LOW_RANK -> null;
            case LOW_RANK_NOISE -> c.parameter(NOISE);
            case OVER_BASE, DORA -> c.parameter(WEIGHT);
            case SPARSE, SPARSE_NOISE -> sparse(c);
        };
    }

    /** S and the noise. */
    private Var sparse(LayerContext c) {
        Var s = c.parameter(SPARSE);
        if (isCompact()) {
            ScatterSparse op = new ScatterSparse(weightShape());
            return form.hasNoise()
                    ? c.tape().apply(op, s, c.parameter(INDICES), c.parameter(NOISE))
                    : c.tape().apply(op, s, c.parameter(INDICES));
        }
        return form.hasNoise()
                ? c.tape().apply(new MaskSparse(), s, c.parameter(MASK), c.parameter(NOISE))
                : c.tape().apply(new MaskSparse(), s, c.parameter(MASK));
    }

    /** What follows the convolution. */
    private Var finish(LayerContext c, Activation activation, @Nullable Var residual, Var convolved) {
        Tape tape = c.tape();
        Var y = convolved;
        if (hasBias) {
            Var bias = tape.apply(new Reshape(out, 1, 1), c.parameter("bias"));
            y = replace(tape, y, tape.apply(new Add(), y, bias));
            tape.release(bias);
        }
        if (residual != null) {
            y = replace(tape, y, tape.apply(new Add(), y, residual));
        }
        return activation.kind() == Activation.Kind.NONE
                ? y
                : replace(tape, y, tape.apply(new Activate(activation), y));
    }

    @Override
    public String kind() {
        return "LowRankConv2d";
    }

    @Override
    public String details() {
        return Convolution.super.details() + ", rank " + rank + (layout == Layout.FLAT ? "" : " " + layout);
    }
}
