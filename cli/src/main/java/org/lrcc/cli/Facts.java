package org.lrcc.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.lrcc.cli.report.Report;

/** A configuration's JSON as facts of a report. */
final class Facts {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Facts() {}

    /** Adds a fact for each entry that says something: no nulls, no empty lists. */
    static void addJson(List<Report.Fact> facts, String prefix, String json) {
        try {
            JSON.readTree(json).properties().forEach(entry -> {
                JsonNode value = entry.getValue();
                if (!value.isNull() && !(value.isContainerNode() && value.isEmpty())) {
                    String text = value.isTextual() ? value.textValue() : value.toString();
                    facts.add(new Report.Fact(prefix + ": " + entry.getKey(), text));
                }
            });
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON: " + json, e);
        }
    }
}
