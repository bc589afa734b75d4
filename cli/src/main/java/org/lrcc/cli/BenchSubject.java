package org.lrcc.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.lowrank.Conversion;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.network.Model;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The network that is measured as a whole: converted as asked, on random images. */
final class BenchSubject {
    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private SelectionOptions selection = new SelectionOptions();

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description =
                    "How weights are decomposed in modes with U V + S: svd (default, the quickest; times depend on shapes), accelerated or greedy.")
    private String method = "svd";

    @Mixin
    private BenchOptions options = new BenchOptions();

    @Mixin
    private RunOptions runs = new RunOptions();

    BenchOptions options() {
        return options;
    }

    RunOptions runs() {
        return runs;
    }

    private LowRankConfig config() {
        TuneMode mode = selection.mode();
        return selection
                .config(mode == null ? TuneMode.FULL : mode)
                .seed(options.seed())
                .method(method)
                .check();
    }

    /** Reads and converts the network; bad options are refused before. */
    Model load(Console console) {
        options.batch();
        runs.check();
        LowRankConfig config = config();
        Conversion converted = Training.convert(model.load(), config, console);
        return converted.model();
    }

    /** Prints what was measured. */
    void answer(Console console, String what, Model loaded, Backend backend, Timing timing, @Nullable Double loss) {
        ResidentMemory memory = ResidentMemory.peak();
        Shape input = loaded.network().inputShape();
        LowRankConfig config = config();
        if (options.json()) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("measured", what);
            map.put("model", model.file().toString());
            map.put("mode", config.mode().label());
            if (config.mode().converts()) {
                map.put("rank", selection.rank(config));
            }
            if (config.mode().decomposes()) {
                map.put("method", config.method());
            }
            map.put("batch", options.batch());
            map.put("size", input.size(2));
            map.putAll(environment(backend));
            map.putAll(timing.toMap());
            map.put("peakResidentBytes", memory.bytes());
            map.put("peakResidentSource", memory.source());
            if (loss != null) {
                map.put("loss", loss);
            }
            console.json(map);
            return;
        }
        String conversion = config.mode().converts() ? ", " + selection.rank(config) : "";
        String decomposed = config.mode().decomposes() ? ", decomposed by " + config.method() : "";
        fact(
                console,
                what,
                config.mode().label() + conversion + decomposed + ", batch " + input.with(0, options.batch()));
        fact(console, "on", backend.name() + " (" + backend.description() + "), Java " + Version.java());
        fact(console, "median", Texts.milliseconds(timing.median()));
        fact(console, "minimum", Texts.milliseconds(timing.min()));
        fact(
                console,
                "first",
                Texts.milliseconds(timing.firstMilliseconds()) + ", begun "
                        + Texts.milliseconds(timing.startMilliseconds()) + " after the JVM");
        fact(
                console,
                "garbage",
                (timing.garbageBytes() < 0 ? "unknown" : Texts.bytes(timing.garbageBytes())) + " a run");
        fact(console, "peak memory", Texts.bytes(memory.bytes()) + " (" + memory.source() + ")");
    }

    private static void fact(Console console, String name, String value) {
        console.print(String.format("%-12s %s", name, value));
    }

    /** What the times depend on beside the network. */
    static Map<String, Object> environment(Backend backend) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("lrcc", Version.number());
        map.put("java", Version.java());
        map.put("backend", backend.name());
        map.put("description", backend.description());
        if (backend instanceof CpuBackend cpu) {
            map.put("threads", cpu.threads());
            map.put("vectorBits", cpu.vectorBits());
        }
        map.put("processors", Runtime.getRuntime().availableProcessors());
        map.put("heapLimitBytes", Runtime.getRuntime().maxMemory());
        return map;
    }
}
