package org.lrcc.nn.network;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Conv2d;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Convolution;

/**
 * A convolution for inference, with the batch norm behind it folded into weight and bias. What is folded, and the weight that a low-rank convolution composes, is kept by the state until a
 * tensor that it was made from changes.
 */
class FoldedStep extends FusedStep {
    /** Equal keys are the same computation, whichever plan asks. */
    record Key(
            String name, Convolution convolution, @Nullable BatchNorm2d norm) {}

    record Folded(Tensor weight, Tensor bias) {}

    final Convolution convolution;
    private final @Nullable BatchNorm2d norm;
    private final @Nullable LayerNames normNames;
    final Key key;
    final List<String> from;

    FoldedStep(Chain chain) {
        super(chain);
        Node normNode = chain.norm();
        convolution = (Convolution) chain.first().layer();
        norm = normNode == null ? null : (BatchNorm2d) normNode.layer();
        normNames = normNode == null ? null : new LayerNames(normNode);
        key = new Key(chain.first().name(), convolution, norm);
        from = new ArrayList<>(names().parameters());
        if (normNames != null) {
            from.addAll(normNames.parameters());
        }
    }

    @Override
    Var run(StepContext context, Activation activation, @Nullable Var residual, Var x) {
        Tape tape = context.tape();
        Folded folded = folded(tape.kernels(), context.state());
        // What is folded is kept on the heap and never changed; other memory gets its copy once.
        Var w = tape.constant(tape.kernels().resident(folded.weight, 0));
        Var b = tape.constant(tape.kernels().resident(folded.bias, 0));
        Conv2d op = new Conv2d(convolution.geometry(), activation);
        Var y = residual == null ? tape.apply(op, x, w, b) : tape.apply(op, x, w, b, residual);
        tape.release(w);
        tape.release(b);
        return y;
    }

    @Override
    void prepare(Kernels kernels, State state) {
        folded(kernels, state);
    }

    private Folded folded(Kernels kernels, State state) {
        return state.derived(key, from, () -> fold(kernels, state));
    }

    final Folded fold(Kernels kernels, State state) {
        float[] w;
        try (Tape tape = Tape.inference(kernels)) {
            StepContext context = new StepContext(Parameters.of(tape, state), false, 0, 0, names());
            w = convolution.weight(context).tensor().toFloats();
        }
        int channels = convolution.outChannels();
        int row = w.length / channels;
        float[] bias =
                convolution.hasBias() ? state.get(names().parameter("bias")).toFloats() : new float[channels];
        if (norm != null && normNames != null) {
            float[] gamma = state.get(normNames.parameter("weight")).toFloats();
            float[] beta = state.get(normNames.parameter("bias")).toFloats();
            float[] mean = state.get(normNames.parameter("running_mean")).toFloats();
            float[] variance = state.get(normNames.parameter("running_var")).toFloats();
            for (int c = 0; c < channels; c++) {
                double scale = gamma[c] / Math.sqrt(variance[c] + norm.eps());
                bias[c] = (float) (beta[c] + (bias[c] - (double) mean[c]) * scale);
                for (int i = c * row; i < (c + 1) * row; i++) {
                    w[i] = (float) (w[i] * scale);
                }
            }
        }
        return new Folded(Tensor.of(w, convolution.weightShape().sizes()), Tensor.of(bias, channels));
    }
}
