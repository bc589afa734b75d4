package org.lrcc.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lrcc.lowrank.ConversionReport;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.onnx.Imported;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lrcc info}: what a network is made of, and what conversion would do to it. */
@Command(
        name = "info",
        description = {
            "Show a network's layers, parameters and cost, what would be converted, and why the rest would not.",
            "Give --mode, --rank and the like to see what they would come to; without them it is lora_mode at rank ratio 0.25."
        },
        footer = {
            "  lrcc info model.onnx",
            "  lrcc info model.onnx --mode tune_U_S --rank-ratio 0.1 --ignore downsample --json",
            "  lrcc info model.onnx --rank 8 --plans --batch 8 --measure"
        })
final class InfoCommand extends Subcommand {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private LowRankOptions lowRank = new LowRankOptions();

    @Mixin
    private PlanOptions planOptions = new PlanOptions();

    @Option(names = "--json", description = "Answer as JSON.")
    private boolean json;

    @Override
    void execute() throws Exception {
        Imported imported = model.read();
        LowRankConfig config = lowRank.configOr(TuneMode.LORA);
        ConversionReport plan = LowRank.plan(imported.model(), config);
        PlanListing plans =
                planOptions.wanted() ? new PlanListing(imported.model(), config, planOptions, console()) : null;
        if (json) {
            Map<String, Object> map = toMap(imported, plan);
            if (plans != null) {
                map.put("plans", plans.toList());
            }
            console().json(map);
        } else {
            print(imported, plan);
            if (plans != null) {
                plans.print(console());
            }
        }
    }

    private void print(Imported imported, ConversionReport plan) {
        Model loaded = imported.model();
        Network network = loaded.network();
        fact("model", model.file() + " (" + imported.report().producer() + ")");
        fact("file", imported.report().summary());
        fact("input", network.inputName() + " " + network.inputShape() + ", any batch size");
        fact(
                "output",
                network.outputShape().size(-1) + " classes"
                        + named(loaded.info().classes()));
        fact("preprocessing", loaded.info().preprocessing().toJson());
        fact("parameters", Texts.count(loaded.state().parameterElements()));
        fact("cost", Texts.big(network.macs()) + " multiply-adds an image");
        imported.report().notes().forEach(note -> fact("note", note));
        console().print("");
        console()
                .print(String.format(
                        "%-28s %-18s %-30s %-16s %12s %10s",
                        "layer", "kind", "attributes", "output", "parameters", "mult-adds"));
        for (Node node : network.nodes()) {
            console()
                    .print(String.format(
                            Locale.ROOT,
                            "%-28s %-18s %-30s %-16s %,12d %10s",
                            node.name(),
                            node.layer().kind(),
                            node.layer().details(),
                            network.shape(node.name()),
                            parameters(node),
                            Texts.big(network.macs(node.name()))));
        }
        console().print("");
        console().print("What " + plan.mode() + " would convert:");
        console().print(plan.toString().stripTrailing());
    }

    private void fact(String name, String value) {
        console().print(String.format("%-14s %s", name, value));
    }

    private static String named(List<String> classes) {
        if (classes.isEmpty()) {
            return ", without names";
        }
        int shown = Math.min(6, classes.size());
        return ": " + String.join(", ", classes.subList(0, shown)) + (shown < classes.size() ? ", ..." : "");
    }

    private static long parameters(Node node) {
        return node.layer().parameters().stream()
                .mapToLong(spec -> spec.shape().elements())
                .sum();
    }

    private Map<String, Object> toMap(Imported imported, ConversionReport plan) throws JsonProcessingException {
        Model loaded = imported.model();
        Network network = loaded.network();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("model", model.file().toString());
        map.put("opset", imported.report().opset());
        map.put("producer", imported.report().producer());
        map.put("batchNorm", imported.report().batchNorm().name().toLowerCase(Locale.ROOT));
        map.put("notes", imported.report().notes());
        map.put("input", network.inputShape().sizes());
        map.put("classes", loaded.info().classes());
        map.put("outputs", network.outputShape().size(-1));
        map.put("preprocessing", JSON.readTree(loaded.info().preprocessing().toJson()));
        map.put("parameters", loaded.state().parameterElements());
        map.put("macs", network.macs());
        List<Map<String, Object>> layers = new ArrayList<>();
        for (Node node : network.nodes()) {
            Map<String, Object> layer = new LinkedHashMap<>();
            layer.put("name", node.name());
            layer.put("kind", node.layer().kind());
            layer.put("inputs", node.inputs());
            layer.put("output", network.shape(node.name()).sizes());
            layer.put("parameters", parameters(node));
            layer.put("macs", network.macs(node.name()));
            layers.add(layer);
        }
        map.put("layers", layers);
        map.put("conversion", JSON.readTree(plan.toJson()));
        return map;
    }
}
