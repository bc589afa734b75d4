package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.contract.OpCase;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** How far products and convolutions are from the reference in double, in fp32 and in TF32, by each algorithm. */
public abstract class PrecisionContract {
    private static final String CONV = "lrcc.cuda.conv";
    /** Of the largest value. Plain sums of 576 products of numbers in [-1, 1]; Winograd's transforms lose a digit. */
    private static final double FP32 = 1e-5;
    /** Factors have 11 bits, so a product is off by up to 2^-10, of which a sum averages most out. */
    private static final double TF32 = 1e-3;

    /** The backend under test. */
    protected abstract CudaBackend backend();

    @Test
    void fp32IsCloseToTheReference() {
        errors(backend().withTf32(false))
                .forEach((what, error) -> assertThat(error).as(what).isLessThan(FP32));
    }

    @Test
    void tf32IsCloseToTheReferenceTo11Bits() {
        errors(backend().withTf32(true))
                .forEach((what, error) -> assertThat(error).as(what).isLessThan(TF32));
    }

    /** Largest error of a product and of each pass of a 3x3 convolution by each algorithm, as a part of the largest value. */
    public static Map<String, Double> errors(Backend backend) {
        Map<String, Double> errors = new LinkedHashMap<>();
        errors.put("product", error(product(backend, DType.F32), product(ReferenceBackend.INSTANCE, DType.F64)));
        double[][] want = convolution(ReferenceBackend.INSTANCE, DType.F64);
        String before = System.getProperty(CONV);
        try {
            for (ConvAlgorithm algorithm : new ConvAlgorithm[] {ConvAlgorithm.GEMM, ConvAlgorithm.WINOGRAD}) {
                String name = algorithm.name().toLowerCase(Locale.ROOT);
                System.setProperty(CONV, name);
                double[][] got = convolution(backend, DType.F32);
                errors.put("convolution by " + name + ", forward", error(got[0], want[0]));
                errors.put("convolution by " + name + ", input gradient", error(got[1], want[1]));
                errors.put("convolution by " + name + ", weight gradient", error(got[2], want[2]));
            }
        } finally {
            if (before == null) {
                System.clearProperty(CONV);
            } else {
                System.setProperty(CONV, before);
            }
        }
        return errors;
    }

    private static Tensor uniform(Kernels k, DType dtype, long purpose, int... sizes) {
        Shape shape = Shape.of(sizes);
        Philox random = new Philox(11, purpose);
        double[] values = new double[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        return OpCase.tensor(k, dtype, shape, values);
    }

    private static double[] product(Backend backend, DType dtype) {
        try (Kernels k = backend.open()) {
            Tensor c = k.allocate(dtype, Shape.of(32, 40));
            k.gemm(false, false, 1, uniform(k, dtype, 1, 32, 576), uniform(k, dtype, 2, 576, 40), 0, c);
            return c.toDoubles();
        }
    }

    /** Forward, input gradient, weight gradient. */
    private static double[][] convolution(Backend backend, DType dtype) {
        ConvGeometry geometry = ConvGeometry.of(1, 1);
        try (Kernels k = backend.open()) {
            Tensor x = uniform(k, dtype, 3, 1, 64, 8, 8);
            Tensor w = uniform(k, dtype, 4, 64, 64, 3, 3);
            Tensor dy = uniform(k, dtype, 5, 1, 64, 8, 8);
            Tensor y = k.allocate(dtype, dy.shape());
            Tensor dx = k.allocate(dtype, x.shape());
            Tensor dw = k.allocate(dtype, w.shape());
            k.conv2d(x, w, null, null, Activation.NONE, geometry, y);
            k.conv2dInputGrad(dy, w, geometry, dx);
            k.conv2dWeightGrad(x, dy, geometry, dw);
            return new double[][] {y.toDoubles(), dx.toDoubles(), dw.toDoubles()};
        }
    }

    private static double error(double[] got, double[] want) {
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < want.length; i++) {
            largest = Math.max(largest, Math.abs(want[i]));
            // NaN must not pass for a small error.
            difference = got[i] == got[i] ? Math.max(difference, Math.abs(got[i] - want[i])) : Double.POSITIVE_INFINITY;
        }
        return difference / largest;
    }
}
