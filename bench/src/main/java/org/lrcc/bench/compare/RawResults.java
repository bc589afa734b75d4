package org.lrcc.bench.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A file with a line of JSON a pair; measuring may be broken off and go on. */
final class RawResults {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final List<Pair> pairs = new ArrayList<>();

    RawResults(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                pairs.add(JSON.readValue(line, Pair.class));
            }
        }
    }

    List<Pair> pairs() {
        return pairs;
    }

    /** The pairs of a row that were run. */
    long count(Pair.Row row) {
        return pairs.stream()
                .filter(pair -> pair.isOf(row) && pair.skipped() == null)
                .count();
    }

    void add(Pair pair) throws IOException {
        pairs.add(pair);
        Files.writeString(
                file, JSON.writeValueAsString(pair) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
