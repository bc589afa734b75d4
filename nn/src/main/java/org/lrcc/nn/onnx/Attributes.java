package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;

/** A node's attributes, typed and bounded. */
final class Attributes {
    /** Bound on kernel sizes, strides, paddings and dilations, far above what networks use and far below what overflows. */
    static final int MAX_WINDOW = 1 << 12;

    private final Map<String, AttributeProto> byName = new HashMap<>();
    private final String what;

    Attributes(NodeProto node, String what) {
        this.what = what;
        node.getAttributeList().forEach(attribute -> byName.put(attribute.getName(), attribute));
    }

    boolean has(String name) {
        return byName.containsKey(name);
    }

    long integer(String name, long otherwise) {
        AttributeProto attribute = of(name, AttributeType.INT);
        return attribute == null ? otherwise : attribute.getI();
    }

    boolean flag(String name, boolean otherwise) {
        return integer(name, otherwise ? 1 : 0) != 0;
    }

    double real(String name, double otherwise) {
        AttributeProto attribute = of(name, AttributeType.FLOAT);
        // By way of the shortest decimal: 0.1f means 0.1.
        return attribute == null ? otherwise : Double.parseDouble(Float.toString(attribute.getF()));
    }

    String text(String name, String otherwise) {
        AttributeProto attribute = of(name, AttributeType.STRING);
        return attribute == null ? otherwise : attribute.getS().toStringUtf8();
    }

    @Nullable
    TensorProto tensor(String name) {
        AttributeProto attribute = of(name, AttributeType.TENSOR);
        return attribute == null ? null : attribute.getT();
    }

    long @Nullable [] integers(String name) {
        AttributeProto attribute = of(name, AttributeType.INTS);
        return attribute == null
                ? null
                : attribute.getIntsList().stream().mapToLong(Long::longValue).toArray();
    }

    float @Nullable [] reals(String name) {
        AttributeProto attribute = of(name, AttributeType.FLOATS);
        if (attribute == null) {
            return null;
        }
        float[] values = new float[attribute.getFloatsCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = attribute.getFloats(i);
        }
        return values;
    }

    /** {@code count} sizes from {@code least} to {@link #MAX_WINDOW}, or {@code count} times {@code otherwise} where the attribute is missing. */
    int[] window(String name, int count, int least, int otherwise) {
        long[] given = integers(name);
        int[] window = new int[count];
        if (given != null && given.length != count) {
            throw new InputException(what + ": attribute " + name + " has " + given.length + " values, not " + count
                    + "; only two-dimensional layers are supported");
        }
        for (int i = 0; i < count; i++) {
            long value = given == null ? otherwise : given[i];
            if (value < least || value > MAX_WINDOW) {
                throw new InputException(what + ": attribute " + name + " has the value " + value + ", not from "
                        + least + " to " + MAX_WINDOW);
            }
            window[i] = (int) value;
        }
        return window;
    }

    private @Nullable AttributeProto of(String name, AttributeType type) {
        AttributeProto attribute = byName.get(name);
        if (attribute != null && attribute.getType() != type) {
            throw new InputException(
                    what + ": attribute " + name + " is of type " + attribute.getType() + ", not " + type);
        }
        return attribute;
    }
}
