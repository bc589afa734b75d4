package org.lrcc.nn.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.io.AtomicFiles;

/**
 * The content of a safetensors file: named tensors and a map of strings.
 *
 * <p>Format (github.com/huggingface/safetensors): the header's length as a little-endian 64-bit integer, the header as JSON, padded with
 * spaces to a multiple of 8, then the tensors' elements, little-endian, without gaps. A file is hostile until read: lengths, types,
 * shapes and places are checked against the file's size before anything is allocated for them.
 */
public final class SafeTensors {
    private static final int CHUNK = 1 << 16;

    private final Path path;
    private final Map<String, String> metadata;
    private final Map<String, Tensor> tensors;
    private final Map<String, StoredType> types;

    private SafeTensors(
            Path path, Map<String, String> metadata, Map<String, Tensor> tensors, Map<String, StoredType> types) {
        this.path = path;
        this.metadata = metadata;
        this.tensors = tensors;
        this.types = types;
    }

    /**
     * Reads a whole file.
     *
     * @throws InputException naming the file, the tensor, the rule and the value if the file cannot be read or breaks the format
     */
    public static SafeTensors read(Path path) {
        try (FileChannel channel = open(path)) {
            Header header = readHeader(channel);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            Map<String, StoredType> types = new LinkedHashMap<>();
            ByteBuffer buffer = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
            for (Header.Entry entry : header.entries()) {
                tensors.put(entry.name(), readTensor(channel, entry, buffer));
                types.put(entry.name(), entry.type());
            }
            return new SafeTensors(path, header.metadata(), tensors, types);
        } catch (NoSuchFileException e) {
            throw new InputException("safetensors " + path + ": no such file", e);
        } catch (EOFException e) {
            throw new InputException("safetensors " + path + ": truncated", e);
        } catch (IOException | InputException e) {
            String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new InputException("safetensors " + path + ": " + message, e);
        }
    }

    private static FileChannel open(Path path) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new InputException("not a file");
        }
        return FileChannel.open(path);
    }

    private static Header readHeader(FileChannel channel) throws IOException {
        ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        long rest = channel.size() - 8;
        if (rest < 0) {
            throw new InputException("truncated: the file has " + channel.size() + " bytes");
        }
        fill(channel, prefix);
        long length = prefix.getLong();
        if (length < 2 || length > Math.min(rest, Header.MAX_BYTES)) {
            throw new InputException("a header of " + Long.toUnsignedString(length) + " bytes is not within [2, "
                    + Math.min(rest, Header.MAX_BYTES) + "]: truncated, or not a safetensors file");
        }
        ByteBuffer json = ByteBuffer.allocate((int) length);
        fill(channel, json);
        return Header.parse(json.array(), rest - length);
    }

    private static Tensor readTensor(FileChannel channel, Header.Entry entry, ByteBuffer buffer) throws IOException {
        StoredType type = entry.type();
        int elements = entry.shape().elements();
        Object array = HeapStorage.newArray(type.memory(), elements);
        try {
            for (int at = 0; at < elements; ) {
                int count = Math.min(elements - at, CHUNK / type.bytes());
                buffer.clear().limit(count * type.bytes());
                fill(channel, buffer);
                type.decode(buffer, array, at, count);
                at += count;
            }
        } catch (InputException e) {
            throw new InputException("tensor " + entry.name() + ": " + e.getMessage(), e);
        }
        return Tensor.over(type.memory(), array, entry.shape());
    }

    private static void fill(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException();
            }
        }
        buffer.flip();
    }

    /** The file this was read from. */
    public Path path() {
        return path;
    }

    /** The strings of the file, in the file's order; unmodifiable. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** The tensors' names, in the order of their data; unmodifiable. */
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    /** All tensors by name, in the order of their data; unmodifiable. */
    public Map<String, Tensor> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    /** Whether the file holds a tensor of this name. */
    public boolean contains(String name) {
        return tensors.containsKey(name);
    }

    /** The element type that the tensor has in the file. */
    public StoredType type(String name) {
        StoredType type = types.get(name);
        if (type == null) {
            throw missing(name);
        }
        return type;
    }

    /**
     * A tensor in the element type of {@link StoredType#memory()}: F32 (from F32, F16, BF16), F64, I32 (from I32, I64, I8) or U8 (from
     * U8, BOOL). It shares its elements with every other call's result.
     *
     * @throws InputException if there is none of this name
     */
    public Tensor get(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw missing(name);
        }
        return tensor;
    }

    /**
     * A tensor as F32; F64 is rounded.
     *
     * @throws InputException if there is none of this name or it does not hold floating-point numbers
     */
    public Tensor floats(String name) {
        Tensor tensor = get(name);
        if (!tensor.dtype().isFloating()) {
            throw new InputException("safetensors " + path + ": tensor " + name + " holds " + type(name)
                    + ", floating-point numbers are needed");
        }
        return tensor.dtype() == DType.F32 ? tensor : Tensor.over(DType.F32, tensor.toFloats(), tensor.shape());
    }

    private InputException missing(String name) {
        return new InputException("safetensors " + path + ": there is no tensor " + name);
    }

    /**
     * Writes or replaces a file, whole or not at all ({@link AtomicFiles}). The same content gives the same bytes whatever the maps'
     * order: wide elements first, as the format's own writer has it, so that all are aligned, then by name.
     *
     * @param tensors F32, F64, I32 or U8, by name
     * @param metadata strings to keep with them; empty for none
     */
    public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata) {
        if (tensors.containsKey(Header.METADATA)) {
            throw new InputException("safetensors " + path + ": a tensor cannot be named " + Header.METADATA);
        }
        List<Map.Entry<String, Tensor>> order = new ArrayList<>(tensors.entrySet());
        order.sort(Comparator.comparingInt(
                        (Map.Entry<String, Tensor> e) -> -e.getValue().dtype().bytes())
                .thenComparing(Map.Entry::getKey));
        byte[] header = header(order, metadata);
        if (header.length > Header.MAX_BYTES) {
            throw new InputException("safetensors " + path + ": a header of " + header.length + " bytes, at most "
                    + Header.MAX_BYTES + " are allowed");
        }
        AtomicFiles.write(path, out -> {
            out.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .array());
            out.write(header);
            byte[] bytes = new byte[CHUNK];
            for (Map.Entry<String, Tensor> entry : order) {
                writeElements(entry.getValue(), bytes, out);
            }
        });
    }

    private static byte[] header(List<Map.Entry<String, Tensor>> order, Map<String, String> metadata) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(Header.METADATA);
                for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            long at = 0;
            for (Map.Entry<String, Tensor> entry : order) {
                Tensor tensor = entry.getValue();
                json.writeObjectFieldStart(entry.getKey());
                json.writeStringField("dtype", StoredType.of(tensor.dtype()).name());
                json.writeFieldName("shape");
                json.writeArray(tensor.shape().sizes(), 0, tensor.shape().rank());
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {at, at + tensor.bytes()}, 0, 2);
                json.writeEndObject();
                at += tensor.bytes();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new InputException("safetensors: a name cannot be written as JSON: " + e.getMessage(), e);
        }
        while (out.size() % 8 != 0) {
            out.write(' ');
        }
        return out.toByteArray();
    }

    private static void writeElements(Tensor tensor, byte[] bytes, OutputStream out) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int width = tensor.dtype().bytes();
        Object chunk = HeapStorage.newArray(tensor.dtype(), Math.min(CHUNK / width, tensor.elements()));
        for (int at = 0; at < tensor.elements(); ) {
            int count = Math.min(CHUNK / width, tensor.elements() - at);
            tensor.storage().read(tensor.offset() + at, chunk, 0, count);
            buffer.clear();
            switch (tensor.dtype()) {
                case F32 -> buffer.asFloatBuffer().put((float[]) chunk, 0, count);
                case F64 -> buffer.asDoubleBuffer().put((double[]) chunk, 0, count);
                case I32 -> buffer.asIntBuffer().put((int[]) chunk, 0, count);
                case U8 -> buffer.put((byte[]) chunk, 0, count);
            }
            out.write(bytes, 0, count * width);
            at += count;
        }
    }
}
