package org.lrcc.kernels.card;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.lrcc.engine.spi.Availability;
import org.lrcc.engine.spi.Backend;
import org.lrcc.kernels.cuda.CudaBackendProvider;

/**
 * The check on a real card, by {@code kernels/gpu-check.sh}.
 *
 * <p>{@code contract}: the contracts and training; {@code all FOLDER}: those, then measurements, written to {@code FOLDER/gpu-CARD.md}. Without a card it
 * says so and fails.
 */
public final class GpuCheck {
    private GpuCheck() {}

    /** Runs the check; the exit status is 0 where all is well. */
    public static void main(String[] args) throws IOException {
        if (!(new CudaBackendProvider().probe() instanceof Availability.Usable usable)) {
            Availability.Unusable unusable = (Availability.Unusable) new CudaBackendProvider().probe();
            System.err.println("gpu-check: " + unusable.why() + "; " + unusable.fix());
            System.exit(1);
            return;
        }
        Backend card = usable.backend();
        System.out.println(card.description());
        boolean contractOnly = args.length > 0 && args[0].equals("contract");
        Class<?>[] checks = contractOnly
                ? new Class<?>[] {CardKernelsContract.class}
                : new Class<?>[] {
                    CardKernelsContract.class, CardBackendContract.class, CardTorchContract.class, CardTraining.class
                };
        Counter counter = run(checks);
        System.out.println(counter.passed + " checks passed, " + counter.failed + " failed");
        if (!contractOnly) {
            report(Path.of(args.length > 1 ? args[1] : "."), card, counter);
        }
        System.exit(counter.failed == 0 && counter.passed > 0 ? 0 : 1);
    }

    /** What the checks gave. */
    private static final class Counter implements TestExecutionListener {
        private int passed;
        private int failed;

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            result.getThrowable().ifPresent(e -> {
                failed++;
                System.out.println("FAILED " + test.getDisplayName() + ": " + e.getMessage());
            });
            if (test.isTest() && result.getThrowable().isEmpty()) {
                passed++;
            }
        }
    }

    private static Counter run(Class<?>... checks) {
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
        for (Class<?> check : checks) {
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
        CardBenchmark benchmark = new CardBenchmark(row -> append(file, row));
        for (String precision : List.of("fp32", "tf32")) {
            benchmark.run(precision);
        }
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
