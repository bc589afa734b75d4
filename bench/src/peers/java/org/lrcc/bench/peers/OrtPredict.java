package org.lrcc.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import org.lrcc.bench.compare.Report;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.random.Philox;

/** Inference in ONNX Runtime. Arguments: MODEL.onnx, batch, size, threads, warm-up runs, runs. */
public final class OrtPredict {
    private OrtPredict() {}

    /** Prints a {@link Report}. */
    public static void main(String[] args) throws OrtException {
        int batch = Integer.parseInt(args[1]);
        int size = Integer.parseInt(args[2]);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(Integer.parseInt(args[3]));
        options.setInterOpNumThreads(1);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        int elements = batch * 3 * size * size;
        FloatBuffer pixels = ByteBuffer.allocateDirect(Float.BYTES * elements)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        Philox random = new Philox(1, 1);
        for (int i = 0; i < elements; i++) {
            pixels.put(i, 3 * random.nextFloat() - 1.5f);
        }
        long[] shape = {batch, 3, size, size};
        try (OrtSession session = environment.createSession(args[0], options);
                OnnxTensor x = OnnxTensor.createTensor(environment, pixels, shape)) {
            Map<String, OnnxTensor> inputs =
                    Map.of(session.getInputNames().iterator().next(), x);
            Report.measure(
                            "ONNX Runtime " + environment.getVersion(),
                            Integer.parseInt(args[4]),
                            Integer.parseInt(args[5]),
                            () -> run(session, inputs))
                    .print();
        }
    }

    private static void run(OrtSession session, Map<String, OnnxTensor> inputs) {
        try (OrtSession.Result result = session.run(inputs)) {
            if (result.size() != 1) {
                throw new FailureException("ONNX Runtime gave " + result.size() + " outputs");
            }
        } catch (OrtException e) {
            throw new FailureException("ONNX Runtime: " + e.getMessage(), e);
        }
    }
}
