package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;

/**
 * Reads and writes ONNX files of convolutional networks with one image input [N, C, H, W].
 *
 * <p>Batch norm is kept where the file has it (a training export) and stays folded where the exporter has folded it. Layers have the names of torch's state dict
 * wherever the file tells them; {@link Imported#report()} says how they were found.
 */
public final class Onnx {
    private static final long MAX_BYTES = Integer.MAX_VALUE - 64L;
    private static final int MAX_NODES = 20_000;
    private static final int MAX_TENSORS = 100_000;
    private static final int MAX_NESTING = 32;
    private static final int MIN_OPSET = 7;
    private static final int MAX_OPSET = 23;
    private static final int DEFAULT_SIZE = 224;

    private Onnx() {}

    /** Reads a model. */
    public static Model load(Path file) {
        return open(file).model();
    }

    /** Reads a model and tells what was found; where the file leaves height and width open, they are the preprocessing's in its metadata, else 224. */
    public static Imported open(Path file) {
        return open(file, 0, 0);
    }

    /** As {@link #open(Path)}, with the height and width to use where the file leaves them open. */
    public static Imported open(Path file, int height, int width) {
        try {
            return read(bytes(file), file.toAbsolutePath().getParent(), height, width);
        } catch (InputException e) {
            throw new InputException(file + ": " + e.getMessage(), e);
        }
    }

    /** Reads a model from memory; it may not refer to other files. */
    public static Imported parse(byte[] bytes) {
        return read(bytes, null, 0, 0);
    }

    /** Writes a model of plain layers, with opset 13; the file appears whole or not at all. */
    public static void save(Model model, Path file) {
        OnnxWriter.write(model, file);
    }

    /** The bytes that {@link #save} would write. */
    public static byte[] bytes(Model model) {
        return OnnxWriter.proto(model).toByteArray();
    }

    private static byte[] bytes(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new InputException("onnx: there is no such file");
            }
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new InputException("onnx: " + size + " bytes are above the format's bound of 2 GB");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new InputException("onnx: the file cannot be read: " + e.getMessage(), e);
        }
    }

    private static Imported read(byte[] bytes, @Nullable Path folder, int height, int width) {
        ModelProto proto = decode(bytes);
        long opset = opset(proto);
        Map<String, String> properties = Metadata.properties(proto);
        Preprocessing known = Metadata.preprocessing(properties);
        int size = known == null ? DEFAULT_SIZE : known.size();
        GraphInput input = GraphInput.of(proto.getGraph(), height > 0 ? height : size, width > 0 ? width : size);
        GraphImporter importer = new GraphImporter(proto.getGraph(), opset, new TensorCodec(folder), input);
        if (input.assumedSize()) {
            importer.note("the file leaves the image size open; "
                    + input.shape().size(2) + " x " + input.shape().size(3) + " is used");
        }
        Network network = importer.network();
        Model model = new Model(
                network,
                importer.state(network),
                Metadata.info(properties, input.shape(), network.outputShape().size(-1)));
        LoadReport report = new LoadReport(
                GraphImporter.batchNorm(network),
                importer.names().source(),
                opset,
                Names.printable(proto.getProducerName() + " " + proto.getProducerVersion())
                        .strip(),
                importer.notes());
        return new Imported(model, report);
    }

    private static ModelProto decode(byte[] bytes) {
        ModelProto proto;
        try {
            CodedInputStream in = CodedInputStream.newInstance(bytes);
            in.enableAliasing(true);
            in.setRecursionLimit(MAX_NESTING);
            proto = ModelProto.parseFrom(in);
            in.checkLastTagWas(0);
        } catch (InvalidProtocolBufferException e) {
            throw new InputException("onnx: the file is damaged or no ONNX file: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new InputException("onnx: the file cannot be read: " + e.getMessage(), e);
        }
        if (!proto.hasGraph() || proto.getGraph().getNodeCount() == 0) {
            throw new InputException("onnx: the file holds no graph");
        }
        int nodes = proto.getGraph().getNodeCount();
        int tensors = proto.getGraph().getInitializerCount();
        if (nodes > MAX_NODES || tensors > MAX_TENSORS) {
            throw new InputException("onnx: " + nodes + " nodes and " + tensors + " tensors are above the bounds of "
                    + MAX_NODES + " and " + MAX_TENSORS);
        }
        if (proto.getFunctionsCount() > 0 || proto.getGraph().getSparseInitializerCount() > 0) {
            throw new InputException("onnx: functions and sparse tensors in the file are not supported");
        }
        return proto;
    }

    private static long opset(ModelProto proto) {
        for (OperatorSetIdProto set : proto.getOpsetImportList()) {
            if (set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx")) {
                if (set.getVersion() < MIN_OPSET || set.getVersion() > MAX_OPSET) {
                    throw new InputException(
                            "onnx: opset " + set.getVersion() + " is not from " + MIN_OPSET + " to " + MAX_OPSET);
                }
                return set.getVersion();
            }
        }
        throw new InputException("onnx: the file does not say its opset");
    }
}
