package org.lrcc.nn.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.lrcc.engine.InputException;
import org.lrcc.engine.op.NormalizeImages;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * How an image becomes a network's input: the short side is scaled to {@code resize} and {@code size} x {@code size} pixels are cut out
 * of the middle, or the whole image is scaled to that square; then each channel v of [0, 1] becomes (v - mean) / std. It is part of a
 * model and travels in its files as JSON.
 *
 * @param size height and width of the network's input, in pixels
 * @param resize length of the short side before the crop, in pixels; 0 leaves the image as large as it is
 * @param crop whether the centre is cropped; else the whole image is scaled to the square, whatever its proportions, and
 *     {@code resize} is not used
 * @param mean of red, green and blue, in [0, 1]
 * @param std of red, green and blue, in the same unit, above 0
 */
public record Preprocessing(int size, int resize, boolean crop, List<Float> mean, List<Float> std) {
    /** The mean of ImageNet's pixels, which torchvision's networks are trained with. */
    public static final List<Float> IMAGENET_MEAN = List.of(0.485f, 0.456f, 0.406f);

    /** The standard deviation of ImageNet's pixels. */
    public static final List<Float> IMAGENET_STD = List.of(0.229f, 0.224f, 0.225f);

    private static final int MOST_PIXELS = 1 << 14;
    private static final int MOST_JSON = 1 << 16;
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(8).build())
            .build());

    /** Checks the values. */
    public Preprocessing {
        checkPixels("size", size, 1);
        checkPixels("resize", resize, 0);
        mean = checkChannels("mean", mean);
        std = checkChannels("std", std);
        if (!std.stream().allMatch(value -> value > 0)) {
            throw new InputException("preprocessing: std must be above 0, got " + std);
        }
    }

    /** ImageNet's: short side 256, centre crop 224, its mean and standard deviation. */
    public static Preprocessing imagenet() {
        return ofSize(224);
    }

    /** Input of {@code size}, cut from a short side larger by ImageNet's 256 / 224, with ImageNet's mean and deviation. */
    public static Preprocessing ofSize(int size) {
        checkPixels("size", size, 1);
        return new Preprocessing(size, (int) Math.round(size * (256.0 / 224.0)), true, IMAGENET_MEAN, IMAGENET_STD);
    }

    /** The same with another length of the short side. */
    public Preprocessing withResize(int pixels) {
        return new Preprocessing(size, pixels, crop, mean, std);
    }

    /** The same with or without the crop. */
    public Preprocessing withCrop(boolean centre) {
        return new Preprocessing(size, resize, centre, mean, std);
    }

    /** The same with another normalisation. */
    public Preprocessing withNormalization(List<Float> newMean, List<Float> newStd) {
        return new Preprocessing(size, resize, crop, newMean, newStd);
    }

    private static void checkPixels(String what, int pixels, int least) {
        if (pixels < least || pixels > MOST_PIXELS) {
            throw new InputException("preprocessing: " + what + " must be in [" + least + ", " + MOST_PIXELS
                    + "] pixels, got " + pixels);
        }
    }

    private static List<Float> checkChannels(String what, List<Float> values) {
        if (values.size() != 3 || !values.stream().allMatch(Float::isFinite)) {
            throw new InputException("preprocessing: " + what + " needs three numbers, got " + values);
        }
        return List.copyOf(values);
    }

    /** The deterministic geometry: {@code size} x {@code size} pixels. */
    public RgbImage fit(RgbImage image) {
        return crop ? Transforms.centerCrop(shorten(image), size) : Transforms.resize(image, size, size);
    }

    /** The first half of {@link #fit}: the image with its short side at {@code resize}. */
    RgbImage shorten(RgbImage image) {
        return resize == 0 ? image : Transforms.resize(image, resize);
    }

    /**
     * Writes an image as three planes of normalised floats, as torchvision's {@code ToTensor} and {@code Normalize} do.
     *
     * @param image {@code size} x {@code size} pixels
     * @param out receives 3 * size * size values (channel, row, column) from {@code at} on
     */
    public void normalize(RgbImage image, float[] out, int at) {
        refuseOtherSize(image);
        byte[] pixels = image.pixels();
        int plane = size * size;
        float[] table = new float[256];
        for (int c = 0; c < 3; c++) {
            float m = mean.get(c);
            float s = std.get(c);
            for (int v = 0; v < 256; v++) {
                table[v] = (v / 255f - m) / s;
            }
            int to = at + c * plane;
            for (int i = 0; i < plane; i++) {
                out[to + i] = table[pixels[3 * i + c] & 0xff];
            }
        }
    }

    void refuseOtherSize(RgbImage image) {
        if (image.width() != size || image.height() != size) {
            throw new InputException("normalize: " + image + " is not " + size + " x " + size);
        }
    }

    /** What makes a network's input of pixels in a backend's memory: the same bits as {@link #normalize}. */
    public NormalizeImages normalization() {
        return new NormalizeImages(mean, std);
    }

    /** Images as a network's input [N, 3, size, size], without augmentation. */
    public Tensor toTensor(List<RgbImage> images) {
        Shape shape = Shape.of(images.size(), 3, size, size);
        float[] values = new float[shape.elements()];
        for (int i = 0; i < images.size(); i++) {
            normalize(fit(images.get(i)), values, i * 3 * size * size);
        }
        return Tensor.over(DType.F32, values, shape);
    }

    /** This as a flat JSON object with the keys size, resize, crop, mean and std. */
    public String toJson() {
        ObjectNode node = JSON.createObjectNode();
        node.put("size", size).put("resize", resize).put("crop", crop);
        ArrayNode means = node.putArray("mean");
        mean.forEach(means::add);
        ArrayNode stds = node.putArray("std");
        std.forEach(stds::add);
        return node.toString();
    }

    /**
     * Reads what {@link #toJson} wrote.
     *
     * @param source what to call the text's origin in messages
     * @throws InputException if a key is missing or its value is out of range
     */
    public static Preprocessing fromJson(String json, String source) {
        if (json.length() > MOST_JSON) {
            throw new InputException(source + ": preprocessing of " + json.length() + " characters");
        }
        try {
            JsonNode node = JSON.readTree(json);
            JsonNode crop = node.path("crop");
            if (!crop.isBoolean()) {
                throw new InputException("preprocessing: crop is neither true nor false: " + crop);
            }
            return new Preprocessing(
                    integer(node, "size"),
                    integer(node, "resize"),
                    crop.booleanValue(),
                    numbers(node, "mean"),
                    numbers(node, "std"));
        } catch (JsonProcessingException e) {
            throw new InputException(source + ": preprocessing is no JSON: " + e.getOriginalMessage(), e);
        } catch (InputException e) {
            throw new InputException(source + ": " + e.getMessage(), e);
        }
    }

    private static int integer(JsonNode node, String key) {
        JsonNode value = node.path(key);
        if (!value.isInt()) {
            throw new InputException("preprocessing: " + key + " is not an integer: " + value);
        }
        return value.intValue();
    }

    private static List<Float> numbers(JsonNode node, String key) {
        JsonNode value = node.path(key);
        List<Float> numbers = new ArrayList<>();
        for (Iterator<JsonNode> it = value.elements(); it.hasNext(); ) {
            JsonNode number = it.next();
            numbers.add(number.isNumber() ? number.floatValue() : Float.NaN);
        }
        if (!value.isArray()) {
            throw new InputException("preprocessing: " + key + " is not an array: " + value);
        }
        return numbers;
    }
}
