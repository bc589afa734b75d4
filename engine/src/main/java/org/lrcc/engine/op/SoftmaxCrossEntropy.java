package org.lrcc.engine.op;

import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * Softmax cross entropy as torch defines it, summed over the samples and divided by {@code normalizer}: with p =
 * softmax(logits) and class weights c,
 * a sample of label l counts {@code -(1 - smoothing) c[l] log p[l] - smoothing / K sum_k c[k] log p[k]}.
 *
 * <p>Inputs: logits [N, K], labels I32 [N], and class weights [K], which may be left out and have no gradient. Output
 * of shape []. The gradient is found in forward.
 *
 * @param smoothing label smoothing, from 0 (none) to 1
 * @param normalizer above 0; for torch's mean the number of samples, or the sum of the labels' class weights
 */
public record SoftmaxCrossEntropy(double smoothing, double normalizer) implements Op {
    /** Checks the values. */
    public SoftmaxCrossEntropy {
        if (!(smoothing >= 0 && smoothing <= 1)) {
            throw new InputException("softmaxCrossEntropy: smoothing " + smoothing + " must be from 0 to 1");
        }
        if (!(normalizer > 0)) {
            throw new InputException("softmaxCrossEntropy: normalizer " + normalizer + " must be above 0");
        }
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("softmaxCrossEntropy", in, 2, 3);
        Rules.rank("softmaxCrossEntropy", "logits", 2, in[0]);
        Rules.shape("softmaxCrossEntropy", "labels", Shape.of(in[0].size(0)), in[1]);
        if (in[0].size(1) == 0) {
            throw new InputException("softmaxCrossEntropy: logits " + in[0] + " have no classes");
        }
        if (in.length > 2) {
            Rules.shape("softmaxCrossEntropy", "class weights", Shape.of(in[0].size(1)), in[2]);
        }
        return Shape.of();
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor logits = in[0];
        Rules.dtype("softmaxCrossEntropy", "labels", DType.I32, in[1]);
        try (Outputs outputs = new Outputs(k)) {
            Tensor loss = outputs.allocate(logits.dtype(), Shape.of());
            Tensor dLogits = wants.wants(0) ? outputs.allocate(logits.dtype(), logits.shape()) : null;
            k.softmaxCrossEntropy(logits, in[1], smoothing, Rules.optional(in, 2), normalizer, loss, dLogits);
            return outputs.done(Forward.of(loss, Saved.of(dLogits)));
        }
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, dLogits -> k.binary(Kernels.Binary.MUL, saved.tensor(0), grad, dLogits));
    }
}
