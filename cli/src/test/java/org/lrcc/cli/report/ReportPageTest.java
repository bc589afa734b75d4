package org.lrcc.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.swing.text.html.parser.ParserDelegator;
import org.junit.jupiter.api.Test;
import org.lrcc.cli.report.Report.Cell;
import org.lrcc.cli.report.Report.Confusion;
import org.lrcc.cli.report.Report.Fact;
import org.lrcc.cli.report.Report.Group;
import org.lrcc.cli.report.Report.Sample;
import org.lrcc.cli.report.Report.Table;
import org.lrcc.cli.report.Report.Tile;

class ReportPageTest {
    private static final String HOSTILE = "<script>alert('x')</script>\"&";
    private static final String PIXEL =
            "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

    @Test
    void refersToNothingOutside() {
        String page = ReportPage.render(report("photos", 20));
        Matcher references = Pattern.compile("(?:src|href)=\"([^\"]*)\"").matcher(page);
        int found = 0;
        while (references.find()) {
            assertThat(references.group(1)).matches("(data:image/|#).*");
            found++;
        }
        assertThat(found).isGreaterThan(4);
        assertThat(page).doesNotContain("<script", "@import", "url(");
    }

    @Test
    void escapesWhateverItShows() {
        String page = ReportPage.render(report(HOSTILE, 3));
        assertThat(page).doesNotContain(HOSTILE).doesNotContain("alert('").contains("&lt;script&gt;");
    }

    @Test
    void showsWhatItWasGiven() throws IOException {
        String page = ReportPage.render(report("photos", 3));
        assertThat(page)
                .contains(
                        "89.2 %",
                        "layer1.0.conv1",
                        "class 1 taken for class 0: 1 of 6",
                        "lrcc train net.onnx",
                        "Mistaken",
                        "Right")
                .contains("5 of 6");
        new ParserDelegator()
                .parse(new StringReader(page), new javax.swing.text.html.HTMLEditorKit.ParserCallback(), true);
        keepForTheEye(page, "report.html");
    }

    @Test
    void aMatrixOfManyClassesHasNoLabelsAndStaysSmall() throws IOException {
        HeatMap map = new HeatMap(confusion("photos", 101));
        assertThat(map.labels()).isEmpty();
        assertThat(map.width()).isLessThan(700);
        assertThat(map.squares()).hasSize(201);
    }

    @Test
    void curvesLeaveOutWhatIsNotFinite() {
        LineChart chart = new LineChart("loss", "epoch", "loss", curves());
        assertThat(chart.lines()).hasSize(2);
        assertThat(chart.lines().get(0).points().split(" ")).hasSize(40);
        assertThat(chart.lines().get(1).points().split(" ")).hasSize(39).noneMatch(point -> point.contains("NaN"));
        assertThat(chart.xTicks().stream().map(LineChart.Tick::text)).containsExactly("0", "10", "20", "30", "40");
    }

    @Test
    void aChartOfNothingAndOfOnePointHold() {
        LineChart nothing =
                new LineChart("loss", "epoch", "loss", List.of(new LineChart.Series("a", List.of(), List.of())));
        assertThat(nothing.lines().get(0).points()).isEmpty();
        LineChart point =
                new LineChart("loss", "epoch", "loss", List.of(new LineChart.Series("a", List.of(1.0), List.of(2.0))));
        assertThat(point.lines().get(0).dots()).hasSize(1);
        assertThat(point.yTicks()).hasSizeBetween(2, 12);
    }

    private static void keepForTheEye(String page, String name) throws IOException {
        Path folder = Path.of("target", "reports-for-the-eye");
        Files.createDirectories(folder);
        Files.writeString(folder.resolve(name), page);
    }

    private static Report report(String name, int classes) {
        Confusion confusion = confusion(name, classes);
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            samples.add(new Sample(PIXEL, name + "/image.jpg", name, i % 2 == 0 ? name : "other", 0.6));
        }
        Table conversion = new Table(
                "What was converted",
                "17 convolutions, 3 left alone " + name,
                List.of("layer", "kernel", "rank", "residual"),
                List.of(List.of(
                        Cell.of("layer1.0.conv1"), Cell.of("64 to 64, 3x3"), Cell.number("48"), Cell.number("0.31"))));
        Report.Run run = new Report.Run(
                "run-1",
                "tune_U_S " + name,
                "10 images a class",
                List.of(new Tile("89.2 %", "top-1")),
                conversion,
                List.of(
                        new LineChart("loss", "epoch", "loss", curves()),
                        new LineChart("accuracy", "epoch", "percent", curves())),
                confusion,
                samples,
                List.of(new Group("Timings", List.of(new Fact("training", "12 s")))));
        return new Report(
                "Adapted " + name,
                "A small network",
                List.of(new Tile("89.2 %", "top-1"), new Tile("1.2 MB", name)),
                List.of(),
                List.of(),
                List.of(run),
                "lrcc train net.onnx --train '" + name + "'",
                List.of(new Group("Configuration", List.of(new Fact("mode", "tune_U_S")))));
    }

    private static Confusion confusion(String name, int classes) {
        List<String> names = new ArrayList<>();
        int[][] counts = new int[classes][classes];
        for (int i = 0; i < classes; i++) {
            names.add(name.equals("photos") ? "class " + i : name + i);
            counts[i][i] = 5;
            if (i > 0) {
                counts[i][i - 1] = 1;
            }
        }
        return new Confusion(names, counts);
    }

    private static List<LineChart.Series> curves() {
        List<Double> x = new ArrayList<>();
        List<Double> train = new ArrayList<>();
        List<Double> test = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            x.add((double) i);
            train.add(3.0 / i);
            test.add(i == 7 ? Double.NaN : 3.0 / i + 0.4);
        }
        return List.of(new LineChart.Series("train", x, train), new LineChart.Series("test", x, test));
    }
}
