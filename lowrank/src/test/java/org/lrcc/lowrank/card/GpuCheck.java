package org.lrcc.lowrank.card;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;

/**
 * The check on a real card, by {@code kernels/gpu-check.sh}.
 *
 * <p>{@code look}: says what card there is; {@code contract}: the contracts of kernels and ops, for compute-sanitizer; {@code all FOLDER}: those, the golden cases and training, then
 * measurements, written to {@code FOLDER/gpu-CARD.md}. Without a card it says so and fails.
 */
public final class GpuCheck {
    /** Is seen by its package alone. */
    private static final String GOLDEN = "org.lrcc.lowrank.GoldenTest";

    private GpuCheck() {}

    /** Runs the check; the exit status is 0 where all is well. */
    public static void main(String[] args) throws IOException {
        Backend card;
        try {
            card = Card.backend();
        } catch (InputException e) {
            System.err.println("gpu-check: " + e.getMessage());
            System.exit(1);
            return;
        }
        System.out.println("gpu-check: " + card.description());
        String what = args.length == 0 ? "all" : args[0];
        Counter counter = switch (what) {
            case "look" -> null;
            case "contract" -> run(CardKernelsContract.class.getName(), CardBackendContract.class.getName());
            case "all" -> run(everything());
            default -> throw new InputException("gpu-check: look, contract or all, not " + what);
        };
        if (counter == null) {
            return;
        }
        System.out.println(counter.passed + " checks passed, " + counter.failed + " failed");
        if (what.equals("all")) {
            report(Path.of(args.length > 1 ? args[1] : "."), card, counter);
        }
        System.exit(counter.failed == 0 && counter.passed > 0 ? 0 : 1);
    }

    private static String[] everything() {
        List<String> checks = new ArrayList<>(List.of(
                CardKernelsContract.class.getName(),
                CardLinearAlgebraContract.class.getName(),
                CardBackendContract.class.getName(),
                CardTorchContract.class.getName(),
                CardPrecisionContract.class.getName(),
                GOLDEN));
        if (Card.isReal()) {
            checks.add(CardTraining.class.getName());
        }
        return checks.toArray(new String[0]);
    }

    /** What the checks gave. */
    private static final class Counter implements TestExecutionListener {
        private int passed;
        private int failed;

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            switch (result.getStatus()) {
                case SUCCESSFUL -> passed += test.isTest() ? 1 : 0;
                case FAILED -> {
                    failed++;
                    String why =
                            result.getThrowable().map(Throwable::getMessage).orElse("");
                    System.out.println("FAILED " + test.getDisplayName() + ": " + why);
                }
                case ABORTED -> System.out.println("LEFT OUT " + test.getDisplayName());
            }
        }
    }

    private static Counter run(String... checks) {
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
        for (String check : checks) {
            request.selectors(DiscoverySelectors.selectClass(check));
        }
        LauncherDiscoveryRequest built = request.build();
        Counter counter = new Counter();
        LauncherFactory.create().execute(built, counter);
        return counter;
    }

    private static void report(Path folder, Backend card, Counter counter) throws IOException {
        String description = card.description();
        String name = description.substring(0, description.indexOf(','));
        Path file = folder.resolve("gpu-" + name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-") + ".md");
        Files.createDirectories(folder);
        Files.writeString(
                file,
                "# " + name + "\n" + LocalDate.now() + ", " + description + ", Java "
                        + System.getProperty("java.version") + ", by `make gpu-check`: " + counter.passed
                        + " checks passed, " + counter.failed
                        + " failed.\n\n| what | time | rate |\n|---|---|---|\n");
        CardBenchmark.run(row -> append(file, row));
        System.out.println("wrote " + file);
    }

    private static void append(Path file, String row) {
        System.out.println(row);
        try {
            Files.writeString(file, row + "\n", StandardCharsets.UTF_8, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
