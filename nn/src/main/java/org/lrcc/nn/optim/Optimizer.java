package org.lrcc.nn.optim;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;

/** The rule by which parameters follow their gradients: an immutable description. What it remembers between steps is in {@link FlatOptimizer}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Sgd.class, name = "sgd"),
    @JsonSubTypes.Type(value = AdamW.class, name = "adamw")
})
public sealed interface Optimizer permits Sgd, AdamW {
    /** Names of the buffers, each as large as the parameters, that the rule remembers between steps. */
    List<String> slots();

    /** Weight decay of parameters that no group says otherwise about. */
    double weightDecay();

    /**
     * Updates a contiguous run of parameters.
     *
     * @param parameter flat, overwritten
     * @param gradient flat, only read
     * @param slots flat, in the order of {@link #slots()}, overwritten
     * @param rate learning rate
     * @param step counts from 1
     */
    void update(
            Kernels k,
            Tensor parameter,
            Tensor gradient,
            List<Tensor> slots,
            double rate,
            double weightDecay,
            int step);
}
