package org.lrcc.cli.report;

import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sets a {@link Report} as HTML. */
public final class ReportPage {
    private static final String TEMPLATE = "org/lrcc/cli/report/report.mustache";

    private ReportPage() {}

    /** The page: complete, valid HTML that refers to nothing outside itself. */
    public static String render(Report report) {
        Mustache template = new DefaultMustacheFactory().compile(TEMPLATE);
        StringWriter page = new StringWriter(1 << 20);
        Map<String, Object> scope = new HashMap<>();
        scope.put("report", report);
        scope.put("tables", report.tables().stream().map(ReportPage::table).toList());
        scope.put("runs", report.runs().stream().map(ReportPage::run).toList());
        scope.put("curves", !report.charts().isEmpty());
        scope.put("several", report.runs().size() > 1);
        template.execute(page, scope);
        return page.toString();
    }

    private static Map<String, Object> run(Report.Run run) {
        Map<String, Object> scope = new HashMap<>();
        scope.put("run", run);
        put(scope, "conversion", run.conversion() == null ? null : table(run.conversion()));
        put(scope, "confusion", run.confusion() == null ? null : new HeatMap(run.confusion()));
        scope.put("hasTiles", !run.tiles().isEmpty());
        scope.put("wrong", samples(run, false));
        scope.put("right", samples(run, true));
        scope.put("hasWrong", run.samples().stream().anyMatch(sample -> !sample.right()));
        scope.put("hasRight", run.samples().stream().anyMatch(Report.Sample::right));
        return scope;
    }

    private static Map<String, Object> table(Report.Table table) {
        Map<String, Object> scope = new HashMap<>();
        scope.put("heading", table.heading());
        scope.put("note", table.note());
        List<Report.Cell> heads = new ArrayList<>();
        for (int i = 0; i < table.columns().size(); i++) {
            boolean text =
                    table.rows().isEmpty() || table.rows().get(0).get(i).kind().isEmpty();
            heads.add(new Report.Cell(table.columns().get(i), text ? "" : "number"));
        }
        scope.put("columns", heads);
        scope.put(
                "rows",
                table.rows().stream().map(cells -> Map.of("cells", cells)).toList());
        return scope;
    }

    private static List<Report.Sample> samples(Report.Run run, boolean right) {
        return run.samples().stream().filter(sample -> sample.right() == right).toList();
    }

    private static void put(Map<String, Object> scope, String name, @Nullable Object value) {
        if (value != null) {
            scope.put(name, value);
        }
    }
}
