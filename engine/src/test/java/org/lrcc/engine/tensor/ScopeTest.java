package org.lrcc.engine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ScopeTest {
    private final HeapArena arena = new HeapArena();

    private Tensor allocate(int... sizes) {
        Shape shape = Shape.of(sizes);
        return Tensor.view(Scope.adopt(arena.allocate(DType.F32, shape.elements())), 0, shape);
    }

    @Test
    void closingFreesWhateverTheCount() {
        Tensor tensor;
        try (Scope scope = Scope.open()) {
            tensor = allocate(8, 64, 56, 56).retain();
            assertThat(arena.live()).isEqualTo(1);
        }
        assertThat(arena.live()).isZero();
        assertThatThrownBy(tensor::toFloats)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("tensor [8,64,56,56] was released when its scope closed; call scope.keep(tensor), or"
                        + " tensor.retain(), to use it for longer");
    }

    @Test
    void whatIsKeptPassesOutwards() {
        Tensor tensor;
        Tensor lost;
        try (Scope outer = Scope.open()) {
            try (Scope inner = Scope.open()) {
                tensor = inner.keep(allocate(3));
                lost = allocate(4);
            }
            assertThat(tensor.toFloats()).hasSize(3);
            assertThatThrownBy(lost::toFloats).isInstanceOf(IllegalStateException.class);
            outer.keep(tensor);
        }
        assertThat(tensor.toFloats()).hasSize(3);
        tensor.release();
        assertThat(arena.live()).isZero();
    }

    @Test
    void anOuterScopeFreesWhatAnInnerOneKept() {
        Tensor tensor;
        try (Scope outer = Scope.open()) {
            try (Scope inner = Scope.open()) {
                tensor = inner.keep(allocate(3));
            }
        }
        assertThatThrownBy(tensor::toFloats).hasMessageContaining("scope closed");
    }

    @Test
    void releasedEarlyIsNotFreedTwice() {
        try (Scope scope = Scope.open()) {
            for (int i = 0; i < 5000; i++) {
                allocate(16).release();
            }
            assertThat(arena.live()).isZero();
            assertThat(arena.freeBytes()).as("one array, reused").isEqualTo(64);
            Tensor held = allocate(16);
            assertThat(held.elements()).isEqualTo(16);
        }
        assertThat(arena.live()).isZero();
        assertThat(arena.freeBytes()).isEqualTo(64);
    }

    @Test
    void scopesCloseInnermostFirst() {
        Scope outer = Scope.open();
        Scope inner = Scope.open();
        assertThatThrownBy(outer::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("out of order");
        inner.close();
        outer.close();
        assertThatThrownBy(outer::close).isInstanceOf(IllegalStateException.class);
    }
}
