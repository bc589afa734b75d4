package org.lrcc.cli;

import java.util.List;
import org.lrcc.cli.report.Report;
import org.lrcc.engine.spi.Backends;

/** What a run ran on, for its report. */
final class Machine {
    private Machine() {}

    static Report.Group facts() {
        Runtime runtime = Runtime.getRuntime();
        return new Report.Group(
                "Machine",
                List.of(
                        new Report.Fact("lrcc", Version.number()),
                        new Report.Fact("Java", Version.java()),
                        new Report.Fact(
                                "system",
                                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                                        + System.getProperty("os.arch")),
                        new Report.Fact("processors", Integer.toString(runtime.availableProcessors())),
                        new Report.Fact(
                                "backend",
                                Backends.get().name() + ": " + Backends.get().description()),
                        new Report.Fact("heap limit", Texts.bytes(runtime.maxMemory()))));
    }
}
