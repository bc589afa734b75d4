package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;

/** Decodes a file's tensors. Dimensions must fit the data exactly; external data must lie below the model's own folder. */
final class TensorCodec {
    private static final int MAX_RANK = 8;

    private final @Nullable Path folder;
    private long decoded;

    /** A codec for tensors of a model in this folder, or of one without a folder, which then may not refer to other files. */
    TensorCodec(@Nullable Path folder) {
        this.folder = folder;
    }

    /** Elements of all tensors so far. */
    long decoded() {
        return decoded;
    }

    Constant decode(TensorProto proto, String name) {
        String what = "onnx: tensor " + Names.printable(name);
        Shape shape = shape(proto, what);
        int count = shape.elements();
        int type = proto.getDataType();
        decoded += count;
        if (type == TensorProto.DataType.FLOAT_VALUE
                || type == TensorProto.DataType.DOUBLE_VALUE
                || type == TensorProto.DataType.FLOAT16_VALUE
                || type == TensorProto.DataType.BFLOAT16_VALUE) {
            return new Constant(name, shape, floats(proto, type, count, what), null);
        }
        if (type == TensorProto.DataType.INT64_VALUE || type == TensorProto.DataType.INT32_VALUE) {
            return new Constant(name, shape, null, integers(proto, type, count, what));
        }
        if (type == TensorProto.DataType.BOOL_VALUE) {
            return new Constant(name, shape, null, booleans(proto, count, what));
        }
        throw new InputException(what + ": data type " + type + " is not supported");
    }

    private static Shape shape(TensorProto proto, String what) {
        if (proto.getDimsCount() > MAX_RANK) {
            throw new InputException(what + ": " + proto.getDimsCount() + " axes are above " + MAX_RANK);
        }
        int[] sizes = new int[proto.getDimsCount()];
        for (int i = 0; i < sizes.length; i++) {
            long size = proto.getDims(i);
            if (size < 0 || size > Integer.MAX_VALUE) {
                throw new InputException(what + ": size " + size + " of axis " + i + " is out of range");
            }
            sizes[i] = (int) size;
        }
        try {
            return Shape.of(sizes);
        } catch (InputException e) {
            throw new InputException(what + ": " + e.getMessage(), e);
        }
    }

    private float[] floats(TensorProto proto, int type, int count, String what) {
        float[] out;
        if (type == TensorProto.DataType.FLOAT_VALUE) {
            ByteBuffer raw = raw(proto, count, Float.BYTES, proto.getFloatDataCount(), what);
            out = new float[count];
            if (raw != null) {
                raw.asFloatBuffer().get(out);
            } else {
                for (int i = 0; i < count; i++) {
                    out[i] = proto.getFloatData(i);
                }
            }
        } else if (type == TensorProto.DataType.DOUBLE_VALUE) {
            ByteBuffer raw = raw(proto, count, Double.BYTES, proto.getDoubleDataCount(), what);
            out = new float[count];
            for (int i = 0; i < count; i++) {
                out[i] = (float) (raw != null ? raw.getDouble() : proto.getDoubleData(i));
            }
        } else {
            ByteBuffer raw = raw(proto, count, Short.BYTES, proto.getInt32DataCount(), what);
            out = new float[count];
            boolean brain = type == TensorProto.DataType.BFLOAT16_VALUE;
            for (int i = 0; i < count; i++) {
                short bits = raw != null ? raw.getShort() : (short) proto.getInt32Data(i);
                out[i] = brain ? Float.intBitsToFloat(bits << 16) : half(bits);
            }
        }
        return out;
    }

    private long[] integers(TensorProto proto, int type, int count, String what) {
        boolean wide = type == TensorProto.DataType.INT64_VALUE;
        ByteBuffer raw = raw(
                proto,
                count,
                wide ? Long.BYTES : Integer.BYTES,
                wide ? proto.getInt64DataCount() : proto.getInt32DataCount(),
                what);
        long[] out = new long[count];
        for (int i = 0; i < count; i++) {
            if (wide) {
                out[i] = raw != null ? raw.getLong() : proto.getInt64Data(i);
            } else {
                out[i] = raw != null ? raw.getInt() : proto.getInt32Data(i);
            }
        }
        return out;
    }

    private long[] booleans(TensorProto proto, int count, String what) {
        ByteBuffer raw = raw(proto, count, 1, proto.getInt32DataCount(), what);
        long[] out = new long[count];
        for (int i = 0; i < count; i++) {
            out[i] = (raw != null ? raw.get() : proto.getInt32Data(i)) == 0 ? 0 : 1;
        }
        return out;
    }

    /** The bytes of a tensor, or null where they are in the typed field, whose count is then right. */
    private @Nullable ByteBuffer raw(TensorProto proto, int count, int width, int typed, String what) {
        if (proto.hasSegment()) {
            throw new InputException(what + ": segments are not supported");
        }
        long wanted = (long) count * width;
        if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            return external(proto.getExternalDataList(), wanted, what).order(ByteOrder.LITTLE_ENDIAN);
        }
        if (proto.hasRawData()) {
            ByteString data = proto.getRawData();
            if (data.size() != wanted) {
                throw new InputException(what + ": " + data.size() + " bytes of data, its dimensions need " + wanted);
            }
            return data.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
        if (typed != count) {
            throw new InputException(what + ": " + typed + " values, its dimensions need " + count);
        }
        return null;
    }

    private ByteBuffer external(List<StringStringEntryProto> entries, long wanted, String what) {
        Map<String, String> fields = new HashMap<>();
        entries.forEach(entry -> fields.put(entry.getKey(), entry.getValue()));
        Path file = externalFile(fields.getOrDefault("location", ""), what);
        long offset = number(fields.getOrDefault("offset", "0"), what);
        long length = number(fields.getOrDefault("length", Long.toString(wanted)), what);
        if (length != wanted) {
            throw new InputException(what + ": " + length + " bytes of external data, its dimensions need " + wanted);
        }
        try (FileChannel channel = FileChannel.open(file)) {
            if (offset > channel.size() - wanted) {
                throw new InputException(what + ": external data at " + offset + " of " + wanted
                        + " bytes lies outside of " + file.getFileName() + " of " + channel.size());
            }
            ByteBuffer buffer = ByteBuffer.allocate((int) wanted);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, offset + buffer.position()) < 0) {
                    throw new InputException(what + ": external data ends early in " + file.getFileName());
                }
            }
            return buffer.flip();
        } catch (IOException e) {
            throw new InputException(
                    what + ": external data cannot be read from " + file.getFileName() + ": " + e.getMessage(), e);
        }
    }

    private Path externalFile(String location, String what) {
        if (folder == null) {
            throw new InputException(what + ": external data cannot be found, the model has no folder");
        }
        try {
            Path root = folder.toRealPath();
            Path file = root.resolve(location).normalize();
            if (location.isEmpty() || Path.of(location).isAbsolute() || !file.startsWith(root)) {
                throw new InputException(what + ": external data location '" + Names.printable(location)
                        + "' is not below the model's folder");
            }
            // A link may lead outwards again.
            if (!Files.isRegularFile(file) || !file.toRealPath().startsWith(root)) {
                throw new InputException(what + ": external data file '" + Names.printable(location)
                        + "' does not exist below the model's folder");
            }
            return file;
        } catch (IOException | java.nio.file.InvalidPathException e) {
            throw new InputException(
                    what + ": external data location '" + Names.printable(location) + "' cannot be used", e);
        }
    }

    private static long number(String text, String what) {
        try {
            long value = Long.parseLong(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new InputException(what + ": '" + Names.printable(text) + "' is no position of external data");
    }

    private static float half(short bits) {
        int exponent = (bits >>> 10) & 0x1f;
        int fraction = bits & 0x3ff;
        float magnitude = switch (exponent) {
            case 0 -> fraction * 0x1.0p-24f;
            case 0x1f -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
            default -> Float.intBitsToFloat(((exponent + 112) << 23) | (fraction << 13));
        };
        return bits < 0 ? -magnitude : magnitude;
    }
}
