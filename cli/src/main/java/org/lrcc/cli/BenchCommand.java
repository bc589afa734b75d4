package org.lrcc.cli;

import org.lrcc.engine.InputException;
import picocli.CommandLine.Command;

/** {@code lrcc bench}: how fast this machine runs a network. */
@Command(
        name = "bench",
        customSynopsis = {
            "lrcc bench step MODEL.onnx [--mode MODE] [OPTIONS]",
            "       lrcc bench predict MODEL.onnx [--mode MODE] [OPTIONS]",
            "       lrcc bench plans MODEL.onnx [OPTIONS]"
        },
        description = "Measure training steps, inference or single convolutions on random images.",
        commandListHeading = "%nWhat is measured:%n",
        footer = {
            "  lrcc bench step model.onnx --mode lora_mode --rank-ratio 0.25 --batch 8 --size 224 --threads 2 --steps 20 --json",
            "  lrcc bench predict model.onnx --batch 1",
            "  lrcc bench plans model.onnx --batch 8"
        },
        subcommands = {BenchStepCommand.class, BenchPredictCommand.class, BenchPlansCommand.class})
final class BenchCommand extends Subcommand {
    @Override
    void execute() {
        throw new InputException("say what to measure: step, predict or plans; for example lrcc bench step MODEL.onnx");
    }
}
