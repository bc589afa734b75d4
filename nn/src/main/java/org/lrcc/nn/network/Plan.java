package org.lrcc.nn.network;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * How a network is run: its layers in order, some fused, with what may be released after each. Immutable, without tensors and for any batch size; it runs the
 * same ops on the same tape as code written by hand does.
 */
public final class Plan {
    private final Mode mode;
    private final Shape input;
    private final Shape output;
    private final List<Step> steps;
    private final int values;
    private final int result;

    Plan(Mode mode, Shape input, Shape output, List<Step> steps, int values, int result) {
        this.mode = mode;
        this.input = input;
        this.output = output;
        this.steps = List.copyOf(steps);
        this.values = values;
        this.result = result;
    }

    /** What it is for. */
    public Mode mode() {
        return mode;
    }

    /** Input shape it was prepared for; the batch may be of any size. */
    public Shape input() {
        return input;
    }

    /** Output shape for {@link #input()}. */
    public Shape output() {
        return output;
    }

    /**
     * Runs the network.
     *
     * @param parameters the state's tensors on the tape
     * @param x [N, C, H, W] on the same tape
     * @param seed seed of the run
     * @param stream of random numbers, unique to the step and micro-batch
     * @return the output; the caller's to release
     */
    public Var forward(Parameters parameters, Var x, long seed, long stream) {
        check(x.shape());
        StepContext context = new StepContext(
                parameters, mode == Mode.TRAIN, seed, stream, steps.get(0).names());
        @Nullable Var[] live = new Var[values];
        live[0] = x;
        for (Step step : steps) {
            context.enter(step.names());
            inLayer(step, () -> live[step.output()] = step.run(context, live));
            for (int dead : step.releases()) {
                Var var = live[dead];
                if (var != null) {
                    parameters.tape().release(var);
                    live[dead] = null;
                }
            }
        }
        return Step.live(live, result);
    }

    /** As {@link #forward(Parameters, Var, long, long)}, from the state's parts. */
    public Var forward(
            Tape tape,
            State state,
            @Nullable FlatParameters flat,
            @Nullable Tensor flatGradient,
            Var x,
            long seed,
            long stream) {
        Parameters parameters = flat == null || flatGradient == null
                ? Parameters.of(tape, state)
                : Parameters.of(tape, state, flat, flatGradient);
        return forward(parameters, x, seed, stream);
    }

    /** What the step on this tape would change in the state, by name; the tensors live until the tape is closed. */
    public Map<String, Tensor> updates(Tape tape) {
        Map<String, Tensor> updates = new LinkedHashMap<>();
        tape.updates().forEach(update -> updates.put(tape.label(update.target()), update.value()));
        return updates;
    }

    /** Runs that allocate alike. */
    private record Kind(Plan plan, Shape x) {}

    /**
     * Inference without a tape of one's own: the output for x [N, C, H, W], the caller's to release. A run of work of its own ({@link Kernels#repeat}): what lies between the layers has its
     * place in the session's memory by a layout for this plan and shape; the output, which may live on, has none. A first run calls the layers twice, once on tensors without numbers. Not within another
     * repeated run of the session. Weights are folded and composed before, so that the first run allocates what all do.
     */
    public Tensor run(Kernels kernels, State state, Tensor x) {
        check(x.shape());
        steps.forEach(step -> inLayer(step, () -> step.prepare(kernels, state)));
        try (Kernels.Repetition once = kernels.repeat(new Kind(this, x.shape()), dry -> infer(dry, state, x))) {
            return infer(kernels, state, x);
        }
    }

    /** Names the layer in what goes wrong there. */
    private static void inLayer(Step step, Runnable work) {
        try {
            work.run();
        } catch (InputException e) {
            throw new InputException("layer " + step.names().layer() + ": " + e.getMessage(), e);
        } catch (FailureException e) {
            throw new FailureException("layer " + step.names().layer() + ": " + e.getMessage(), e);
        }
    }

    private Tensor infer(Kernels kernels, State state, Tensor x) {
        try (Tape tape = Tape.inference(kernels)) {
            return forward(Parameters.of(tape, state), tape.constant(x), 0, 0)
                    .tensor()
                    .retain();
        }
    }

    private void check(Shape x) {
        boolean fits = x.rank() == input.rank();
        for (int axis = 1; fits && axis < input.rank(); axis++) {
            fits = x.size(axis) == input.size(axis);
        }
        if (!fits || x.size(0) < 1) {
            throw new InputException("plan: input " + x + " is not a batch of what was prepared, " + input);
        }
    }

    /** The steps, one a line: for listings and tests. */
    public String describe() {
        StringBuilder text = new StringBuilder();
        steps.forEach(step -> text.append(step.describe()).append('\n'));
        return text.toString();
    }
}
