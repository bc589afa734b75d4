package org.lrcc.nn.onnx;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The supported operators. */
final class OpReaders {
    private static final Map<String, OpReader> ALL = new TreeMap<>();

    static {
        ALL.put("Conv", ConvReaders::conv);
        ALL.put("BatchNormalization", ConvReaders::batchNorm);
        ALL.put("Gemm", ConvReaders::gemm);
        ALL.put("MatMul", ConvReaders::matMul);
        ALL.put("Pad", WindowReaders::pad);
        ALL.put("MaxPool", WindowReaders::maxPool);
        ALL.put("AveragePool", WindowReaders::averagePool);
        ALL.put("GlobalAveragePool", WindowReaders::globalAveragePool);
        ALL.put("ReduceMean", WindowReaders::reduceMean);
        ALL.put("Relu", PointReaders::relu);
        ALL.put("Clip", PointReaders::clip);
        ALL.put("LeakyRelu", PointReaders::leakyRelu);
        ALL.put("Add", PointReaders::add);
        ALL.put("Mul", PointReaders::mul);
        ALL.put("Softmax", PointReaders::softmax);
        ALL.put("Dropout", PointReaders::dropout);
        ALL.put("Identity", PointReaders::identity);
        ALL.put("Cast", PointReaders::cast);
        ALL.put("Flatten", ShapeReaders::flatten);
        ALL.put("Reshape", ShapeReaders::reshape);
        ALL.put("Squeeze", ShapeReaders::squeeze);
        ALL.put("Unsqueeze", ShapeReaders::unsqueeze);
        ALL.put("Concat", ShapeReaders::concat);
        ALL.put("Constant", ConstantReaders::constant);
        ALL.put("ConstantOfShape", ConstantReaders::constantOfShape);
        ALL.put("Shape", ConstantReaders::shape);
        ALL.put("Gather", ConstantReaders::gather);
        ALL.put("Slice", ConstantReaders::slice);
        ALL.put("Transpose", ConstantReaders::transpose);
        ALL.put("Sub", ConstantReaders::subtract);
    }

    private OpReaders() {}

    static @Nullable OpReader of(String operator) {
        return ALL.get(operator);
    }

    static String names() {
        return String.join(", ", ALL.keySet());
    }
}
