package org.lrcc.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.spi.Availability;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.BackendProvider;
import org.lrcc.engine.spi.Backends;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lrcc doctor}: what lrcc finds on this machine, and how to cure what it does not find. */
@Command(
        name = "doctor",
        description =
                "Say what lrcc can run on here: Java, memory, threads, and every backend with the cure where one cannot run.",
        footer = {"  lrcc doctor", "  lrcc doctor --json"})
final class DoctorCommand extends Subcommand {
    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    @Option(names = "--json", description = "Answer as JSON.")
    private boolean json;

    /** One backend as its probe found it. */
    private record Probe(String name, int rank, boolean usable, boolean chosen, String detail, String fix) {}

    @Override
    void execute() {
        Map<String, Object> machine = machine();
        List<Probe> probes = probes();
        if (json) {
            machine.put("backends", probes.stream().map(DoctorCommand::toMap).toList());
            console().json(machine);
            return;
        }
        machine.forEach((key, value) -> console().print(String.format("%-16s %s", key, value)));
        console().print("");
        for (Probe probe : probes) {
            String verdict = probe.chosen() ? "in use" : probe.usable() ? "usable" : "unusable";
            console().print(String.format("backend %-10s %-9s %s", probe.name(), verdict, probe.detail()));
            if (!probe.fix().isEmpty()) {
                console().print(String.format("%28s cure: %s", "", probe.fix()));
            }
        }
    }

    private static Map<String, Object> machine() {
        Runtime runtime = Runtime.getRuntime();
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("lrcc", Version.number());
        found.put("java", Version.java());
        found.put(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        found.put("processors", runtime.availableProcessors());
        found.put(
                "threads",
                System.getProperty(
                        "lrcc.threads",
                        runtime.availableProcessors() + " (all processors; -Dlrcc.threads=N changes it)"));
        found.put("heap limit", (runtime.maxMemory() >> 20) + " MB");
        found.put(
                "vector module",
                ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent()
                        ? VECTOR_MODULE + " is readable"
                        : VECTOR_MODULE + " is not readable: add --add-modules " + VECTOR_MODULE
                                + " to the JVM's flags (./lrcc does)");
        return found;
    }

    private static List<Probe> probes() {
        String forced = System.getProperty(Backends.PROPERTY);
        List<Probe> probes = new ArrayList<>();
        boolean found = false;
        for (BackendProvider provider : Backends.providers()) {
            Availability availability = provider.probe();
            if (availability instanceof Availability.Usable usable) {
                Backend backend = usable.backend();
                boolean chosen = forced == null ? !found : forced.equals(provider.name());
                found = true;
                probes.add(new Probe(
                        provider.name(),
                        provider.rank(),
                        true,
                        chosen,
                        backend.description() + "; " + SelfCheck.of(backend),
                        ""));
            } else if (availability instanceof Availability.Unusable unusable) {
                probes.add(new Probe(provider.name(), provider.rank(), false, false, unusable.why(), unusable.fix()));
            }
        }
        return probes;
    }

    private static Map<String, Object> toMap(Probe probe) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", probe.name());
        map.put("rank", probe.rank());
        map.put("usable", probe.usable());
        map.put("chosen", probe.chosen());
        map.put("detail", probe.detail());
        if (!probe.fix().isEmpty()) {
            map.put("fix", probe.fix());
        }
        return map;
    }
}
