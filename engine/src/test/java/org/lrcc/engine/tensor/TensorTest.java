package org.lrcc.engine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;

class TensorTest {
    @Test
    void valuesAreCopiedInAndOut() {
        float[] values = {1, 2, 3, 4};
        Tensor tensor = Tensor.of(values, 2, 2);
        values[0] = 9;
        tensor.toFloats()[1] = 9;
        assertThat(tensor.toFloats()).containsExactly(1, 2, 3, 4);
        assertThat(tensor.toDoubles()).containsExactly(1, 2, 3, 4);
        assertThat(Tensor.of(new double[] {0.1}, 1).toFloats()).containsExactly(0.1f);
        assertThat(Tensor.of(new int[] {-7, 8}, 2).toInts()).containsExactly(-7, 8);
        assertThat(Tensor.of(new byte[] {(byte) 255}, 1).toBytes()).containsExactly((byte) 255);
        assertThat(tensor).hasToString("F32[2,2]");
        assertThat(tensor.bytes()).isEqualTo(16);
    }

    @Test
    void viewsShareTheElements() {
        Tensor tensor = Tensor.of(new float[] {0, 1, 2, 3, 4, 5}, 2, 3);
        Tensor row = tensor.slice(3, Shape.of(3));
        assertThat(row.offset()).isEqualTo(3);
        tensor.storage().write(4, new float[] {40}, 0, 1);
        assertThat(row.toFloats()).containsExactly(3, 40, 5);
        assertThat(row.slice(1, Shape.of(2)).reshape(2, 1).toFloats()).containsExactly(40, 5);
        assertThat(row.copy().storage()).isNotSameAs(tensor.storage());
        assertThat(row.copy().toFloats()).containsExactly(3, 40, 5);
    }

    @Test
    void viewsShareTheReference() {
        Tensor tensor = Tensor.zeros(DType.F32, Shape.of(4));
        assertThat(tensor.isShared()).isFalse();
        Tensor half = tensor.slice(2, Shape.of(2)).retain();
        assertThat(tensor.isShared()).isTrue();
        tensor.release();
        assertThat(half.toFloats()).containsExactly(0, 0);
        half.release();
        assertThatThrownBy(half::toFloats)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("[2] was released");
        assertThatThrownBy(tensor::retain).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(tensor::release)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("more often");
    }

    @Test
    void theRecyclerGetsTheArrayOnce() {
        Object[] back = new Object[1];
        float[] array = new float[8];
        Tensor tensor = Tensor.view(HeapStorage.wrap(DType.F32, 4, array, a -> back[0] = a), 0, Shape.of(4));
        tensor.retain().release();
        assertThat(back[0]).isNull();
        tensor.release();
        assertThat(back[0]).isSameAs(array);
    }

    @Test
    void misuseIsRefused() {
        Tensor tensor = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        assertThatThrownBy(() -> tensor.reshape(3))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("[2,2]");
        assertThatThrownBy(() -> tensor.slice(2, Shape.of(3))).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> tensor.slice(-1, Shape.of(1))).isInstanceOf(InputException.class);
        assertThatThrownBy(tensor::item).isInstanceOf(InputException.class).hasMessageContaining("4 elements");
        assertThatThrownBy(tensor::toInts).isInstanceOf(InputException.class).hasMessageContaining("F32");
        assertThatThrownBy(() -> Tensor.of(new float[3], 2, 2)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Tensor.view(tensor.storage(), 1, Shape.of(4))).isInstanceOf(InputException.class);
    }
}
