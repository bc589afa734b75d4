package org.lrcc.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lrcc.engine.InputException;

/** The demo's protocol and the figures of the original, from {@code reference.json}. */
record DemoReference(
        int epochs,
        int batch,
        double momentum,
        double weightDecay,
        double rankRatio,
        int steps,
        double lambda,
        List<String> ignore,
        List<Cell> cells) {

    /**
     * What the original reached with its better learning rate.
     *
     * @param mode the mode's name
     * @param shot images a class
     * @param rate learning rate
     * @param mean of its seeds, percent
     * @param deviation standard deviation over its seeds, percent
     */
    record Cell(String mode, int shot, double rate, double mean, double deviation) {}

    static DemoReference read(Path file) throws IOException {
        JsonNode root = new ObjectMapper().readTree(file.toFile());
        JsonNode protocol = root.get("protocol");
        List<Cell> cells = new ArrayList<>();
        for (JsonNode row : root.get("results")) {
            if (row.get("best").asBoolean()) {
                cells.add(new Cell(
                        row.get("method").asText(),
                        row.get("shot").asInt(),
                        row.get("lr").asDouble(),
                        row.get("mean").asDouble(),
                        row.get("std").asDouble()));
            }
        }
        List<String> ignore = new ArrayList<>();
        protocol.get("ignore").forEach(part -> ignore.add(part.asText()));
        return new DemoReference(
                protocol.get("epochs").asInt(),
                protocol.get("batch").asInt(),
                protocol.get("momentum").asDouble(),
                protocol.get("weight_decay").asDouble(),
                protocol.get("r_ratio").asDouble(),
                protocol.get("compress_step").asInt(),
                protocol.get("lambda_s").asDouble(),
                ignore,
                cells);
    }

    /** The figure of one mode and number of images. */
    Cell cell(String mode, int shot) {
        return cells.stream()
                .filter(cell -> cell.mode().equals(mode) && cell.shot() == shot)
                .findFirst()
                .orElseThrow(() -> new InputException(
                        "demo: the reference has no figure for " + mode + " at " + shot + " images a class"));
    }
}
