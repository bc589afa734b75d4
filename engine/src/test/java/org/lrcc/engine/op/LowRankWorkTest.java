package org.lrcc.engine.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;

/** Plans are remembered by the work they are for: work that differs in anything is other work. */
class LowRankWorkTest {
    private static LowRankWork work(Shape x, ConvGeometry geometry) {
        return new LowRankWork(x, 16, 3, 4, geometry, Factors.FLAT, true, true, true, true, false);
    }

    @Test
    void workOfTheSameSizesIsEqual() {
        LowRankWork one = work(Shape.of(2, 8, 9, 10), ConvGeometry.of(1, 1));
        LowRankWork other = work(Shape.of(2, 8, 9, 10), ConvGeometry.of(1, 1));
        assertThat(one).isEqualTo(other).hasSameHashCodeAs(other).isNotEqualTo(null);
        assertThat(one.geometry()).isEqualTo(other.geometry()).hasSameHashCodeAs(other.geometry());
    }

    @Test
    void anyOtherComponentMakesOtherWork() throws ReflectiveOperationException {
        assertEachComponentCounts(work(Shape.of(2, 8, 9, 10), ConvGeometry.of(1, 1)));
        assertEachComponentCounts(ConvGeometry.of(2, 1));
    }

    private static void assertEachComponentCounts(Record base) throws ReflectiveOperationException {
        RecordComponent[] components = base.getClass().getRecordComponents();
        Constructor<?> constructor = base.getClass()
                .getDeclaredConstructor(
                        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = components[i].getAccessor().invoke(base);
        }
        assertThat(constructor.newInstance(values)).isEqualTo(base).hasSameHashCodeAs(base);
        for (int i = 0; i < components.length; i++) {
            Object[] changed = values.clone();
            changed[i] = other(values[i]);
            assertThat(constructor.newInstance(changed))
                    .as("another %s", components[i].getName())
                    .isNotEqualTo(base);
        }
    }

    private static Object other(Object value) {
        if (value instanceof Integer number) {
            return number + 1;
        }
        if (value instanceof Boolean flag) {
            return !flag;
        }
        if (value instanceof Shape) {
            return Shape.of(2, 8, 9, 11);
        }
        return value instanceof Factors ? Factors.SEPARABLE : ConvGeometry.of(2, 1);
    }
}
