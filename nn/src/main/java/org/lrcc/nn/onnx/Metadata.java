package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.network.ModelInfo;

/** Class names and preprocessing in a file's metadata_props, as JSON. */
final class Metadata {
    static final String CLASSES = "lrcc.classes";
    static final String PREPROCESSING = "lrcc.preprocessing";

    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);
    private static final int IMAGENET_SIZE = 224;
    private static final int IMAGENET_RESIZE = 256;

    private Metadata() {}

    static Map<String, String> properties(ModelProto model) {
        Map<String, String> properties = new TreeMap<>();
        model.getMetadataPropsList().forEach(entry -> properties.put(entry.getKey(), entry.getValue()));
        return properties;
    }

    /** The preprocessing that the file asks for, or null. */
    static @Nullable Preprocessing preprocessing(Map<String, String> properties) {
        String json = properties.get(PREPROCESSING);
        return json == null ? null : parse(PREPROCESSING, json, new TypeReference<Preprocessing>() {});
    }

    static ModelInfo info(Map<String, String> properties, Shape input, int outputs) {
        Map<String, String> extra = new TreeMap<>(properties);
        String classes = extra.remove(CLASSES);
        extra.remove(PREPROCESSING);
        List<String> names =
                classes == null ? List.of() : parse(CLASSES, classes, new TypeReference<List<String>>() {});
        if (names.stream().anyMatch(Objects::isNull)) {
            throw new InputException("onnx: metadata " + CLASSES + " has a name that is null");
        }
        if (classes != null && names.size() != outputs) {
            throw new InputException("onnx: metadata " + CLASSES + " has " + names.size() + " names for " + outputs
                    + " outputs of the network");
        }
        Preprocessing known = preprocessing(properties);
        return new ModelInfo(names, known == null ? assumed(input) : known, extra);
    }

    /** ImageNet's, in the input's size; where the input is no picture of three channels, it says nothing. */
    private static Preprocessing assumed(Shape input) {
        int size = input.size(2);
        int resize = Math.round((float) size * IMAGENET_RESIZE / IMAGENET_SIZE);
        return new Preprocessing(size, resize, true, Preprocessing.IMAGENET_MEAN, Preprocessing.IMAGENET_STD);
    }

    private static <T> T parse(String key, String json, TypeReference<T> type) {
        try {
            T value = JSON.readValue(json, type);
            if (value != null) {
                return value;
            }
        } catch (JsonProcessingException | InputException e) {
            throw new InputException("onnx: metadata " + key + " cannot be read: " + firstLine(e), e);
        }
        throw new InputException("onnx: metadata " + key + " is empty");
    }

    private static String firstLine(Exception e) {
        return Names.printable(
                String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }

    static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("metadata cannot be written", e);
        }
    }
}
