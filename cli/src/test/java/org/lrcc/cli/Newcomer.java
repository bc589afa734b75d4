package org.lrcc.cli;

import java.nio.file.Path;
import org.lrcc.lowrank.*;
import org.lrcc.nn.data.*;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.nn.train.*;

public class Newcomer {
    public static void main(String... args) {
        Dataset train = ImageFolder.of(Path.of(args[1], "train")), test = ImageFolder.of(Path.of(args[1], "test"));
        Model base = Onnx.load(Path.of(args[0]));
        Model lora = LowRank.convert(
                base, LowRankConfig.of(TuneMode.LORA).rankRatio(0.25).ignore("downsample"));
        Model tuned =
                new Trainer(lora, TrainConfig.defaults().epochs(20)).fit(train).model();
        System.out.printf(
                "top-1: %.1f %%%n", 100 * Evaluator.evaluate(tuned, test).top1());
        Adapters.save(tuned, Path.of(args[2], "adapter.safetensors")); // everything that differs from the base
        Onnx.save(LowRank.merge(tuned), Path.of(args[2], "merged.onnx")); // runs wherever ONNX runs
    }
}
