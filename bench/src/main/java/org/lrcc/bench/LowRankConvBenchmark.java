package org.lrcc.bench;

import java.util.List;
import java.util.Map;
import org.lrcc.bench.compare.ResNetLayers.Geometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.lowrank.LowRank;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.openjdk.jmh.annotations.Param;

/**
 * The convolutions of ResNet18 in each form: dense, and low-rank in the modes that differ in work; forward as inference runs it, and a training step's forward and
 * backward with the input's gradient. Batch 8.
 */
public class LowRankConvBenchmark extends NetworkBenchmark {
    private static final int BATCH = 8;

    /** in-out-kernel-stride-size. */
    @Param({
        "3-64-7-2-224",
        "64-64-3-1-56",
        "64-128-3-2-56",
        "64-128-1-2-56",
        "128-128-3-1-28",
        "128-256-3-2-28",
        "128-256-1-2-28",
        "256-256-3-1-14",
        "256-512-3-2-14",
        "256-512-1-2-14",
        "512-512-3-1-7"
    })
    public String layer = "";

    /** Mode of the original and its rank, or full for the dense convolution; as {@link StepBenchmark#mode} spells them. */
    @Param({
        "full",
        "lora_mode ratio 0.25",
        "lora_mode ratio 0.05",
        "lora_mode rank 4",
        "lora_mode rank 8",
        "lora_mode rank 16",
        "tune_U_S ratio 0.25",
        "tune_U_S ratio 0.05",
        "tune_U_S rank 4",
        "tune_U_S rank 8",
        "tune_U_S rank 16",
        "fix_sparse ratio 0.25",
        "fix_sparse ratio 0.05",
        "fix_sparse rank 4",
        "fix_sparse rank 8",
        "fix_sparse rank 16"
    })
    public String mode = "";

    @Override
    Model model() {
        Geometry shapes = Geometry.of(layer, BATCH);
        Shape weight = shapes.weight();
        Conv2d conv =
                new Conv2d(weight.size(1), weight.size(0), weight.size(2), weight.size(3), shapes.geometry(), false);
        Network network = Network.of("x", shapes.x(), List.of(new Node("conv", conv, List.of("x"))), "conv");
        Model dense = new Model(
                network, Init.state(network, 1), new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of()));
        return LowRank.convert(dense, StepBenchmark.config(mode).steps(1));
    }
}
