package org.lrcc.nn.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;

/**
 * The JSON header of a safetensors file: for each tensor its type, shape and place in the data, and a map of strings.
 *
 * @param metadata strings under {@code __metadata__}
 * @param entries in the order of their data
 */
record Header(Map<String, String> metadata, List<Entry> entries) {
    /** The format's own bound on the header's length, in bytes. */
    static final int MAX_BYTES = 100_000_000;

    static final String METADATA = "__metadata__";
    private static final int MAX_RANK = 8;
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(4)
                    .maxNumberLength(20)
                    .maxStringLength(MAX_BYTES)
                    .maxNameLength(4096)
                    .build())
            .build();

    /** One tensor: its data lies at [begin, end) after the header. */
    record Entry(String name, StoredType type, Shape shape, long begin, long end) {}

    /** Parses and validates; {@code dataBytes} is what follows the header in the file. */
    static Header parse(byte[] json, long dataBytes) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        List<Entry> entries = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(json)) {
            require(parser.nextToken() == JsonToken.START_OBJECT, "its header is not a JSON object");
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = String.valueOf(parser.currentName());
                parser.nextToken();
                if (METADATA.equals(name)) {
                    readMetadata(parser, metadata);
                } else {
                    entries.add(readEntry(parser, name));
                }
            }
            require(parser.nextToken() == null, "something follows the JSON object in its header");
        }
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        checkPlaces(entries, dataBytes);
        return new Header(Collections.unmodifiableMap(metadata), List.copyOf(entries));
    }

    private static void readMetadata(JsonParser parser, Map<String, String> metadata) throws IOException {
        require(parser.currentToken() == JsonToken.START_OBJECT, METADATA + " is not an object");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            require(
                    parser.nextToken() == JsonToken.VALUE_STRING,
                    METADATA + ": the value of " + key + " is not a string");
            metadata.put(key, parser.getText());
        }
    }

    private static Entry readEntry(JsonParser parser, String name) throws IOException {
        String where = "tensor " + name;
        require(parser.currentToken() == JsonToken.START_OBJECT, where + ": its description is not an object");
        StoredType type = null;
        List<Long> sizes = null;
        List<Long> offsets = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = String.valueOf(parser.currentName());
            parser.nextToken();
            switch (field) {
                case "dtype" -> type = readType(parser, where);
                case "shape" -> sizes = readNumbers(parser, where + ": shape", MAX_RANK);
                case "data_offsets" -> offsets = readNumbers(parser, where + ": data_offsets", 2);
                default -> throw new InputException(where + ": unknown field " + field);
            }
        }
        if (type == null || sizes == null || offsets == null || offsets.size() != 2) {
            throw new InputException(where + ": dtype, shape or two data_offsets are missing");
        }
        return entry(name, type, sizes, offsets.get(0), offsets.get(1));
    }

    private static Entry entry(String name, StoredType type, List<Long> sizes, long begin, long end) {
        long elements = 1;
        int[] shape = new int[sizes.size()];
        for (int i = 0; i < shape.length; i++) {
            long size = sizes.get(i);
            // Both factors are below 2^31, so that the product cannot overflow before it is looked at.
            elements = size > Integer.MAX_VALUE ? Long.MAX_VALUE : elements * size;
            require(
                    elements <= Integer.MAX_VALUE - 64,
                    "tensor " + name + ": shape " + sizes + " has too many elements");
            shape[i] = (int) size;
        }
        require(
                begin <= end && end - begin == elements * type.bytes(),
                "tensor " + name + ": " + type + sizes + " needs " + elements * type.bytes()
                        + " bytes, its data_offsets are [" + begin + ", " + end + "]");
        return new Entry(name, type, Shape.of(shape), begin, end);
    }

    private static StoredType readType(JsonParser parser, String where) throws IOException {
        String name = parser.getText();
        StoredType type = StoredType.named(String.valueOf(name));
        if (type == null) {
            throw new InputException(where + ": dtype " + name + " is not supported");
        }
        return type;
    }

    private static List<Long> readNumbers(JsonParser parser, String where, int most) throws IOException {
        require(parser.currentToken() == JsonToken.START_ARRAY, where + " is not an array");
        List<Long> numbers = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            require(
                    parser.currentToken() == JsonToken.VALUE_NUMBER_INT,
                    where + " holds something other than integers");
            require(numbers.size() < most, where + " has more than " + most + " numbers");
            long value = parser.getLongValue();
            require(value >= 0, where + " holds " + value);
            numbers.add(value);
        }
        return numbers;
    }

    /** The tensors must cover the data from its first byte to its last, each byte once: no room for hidden or shared data. */
    private static void checkPlaces(List<Entry> entries, long dataBytes) {
        long end = 0;
        for (Entry entry : entries) {
            require(
                    entry.begin() == end,
                    "tensor " + entry.name() + ": its data begins at " + entry.begin() + ", the data before it ends at "
                            + end);
            end = entry.end();
        }
        require(end == dataBytes, "its tensors have " + end + " bytes, the file holds " + dataBytes);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new InputException(otherwise);
        }
    }
}
