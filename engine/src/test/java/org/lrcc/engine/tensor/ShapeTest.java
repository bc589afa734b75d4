package org.lrcc.engine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;

class ShapeTest {
    @Test
    void sizesAreCountedFromBothEnds() {
        Shape shape = Shape.of(2, 3, 5);
        assertThat(shape.rank()).isEqualTo(3);
        assertThat(shape.size(0)).isEqualTo(2);
        assertThat(shape.size(-1)).isEqualTo(5);
        assertThat(shape.elements()).isEqualTo(30);
        assertThat(shape.elements(1, 3)).isEqualTo(15);
        assertThat(shape.with(-2, 7)).isEqualTo(Shape.of(2, 7, 5));
        assertThat(shape).hasToString("[2,3,5]").hasSameHashCodeAs(Shape.of(2, 3, 5));
        assertThat(Shape.of().elements()).isEqualTo(1);
        assertThat(Shape.of(3, 0).elements()).isZero();
    }

    @Test
    void theSizesAreCopied() {
        int[] sizes = {2, 3};
        Shape shape = Shape.of(sizes);
        sizes[0] = 9;
        shape.sizes()[1] = 9;
        assertThat(shape).isEqualTo(Shape.of(2, 3));
    }

    @Test
    void badSizesAreRefused() {
        assertThatThrownBy(() -> Shape.of(2, -1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("[2, -1]");
        assertThatThrownBy(() -> Shape.of(65536, 65536))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2^31");
        assertThatThrownBy(() -> Shape.of(Integer.MAX_VALUE, Integer.MAX_VALUE, 4))
                .isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Shape.of(1, 1, 1, 1, 1, 1, 1, 1, 1)).hasMessageContaining("rank 9");
        assertThatThrownBy(() -> Shape.of(2, 3).size(2))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("axis 2");
        assertThatThrownBy(() -> Shape.of(2, 3).with(-3, 1)).isInstanceOf(InputException.class);
    }
}
