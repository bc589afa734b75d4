package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Availability;
import org.lrcc.engine.spi.Backends;

class CudaBackendProviderTest {
    @Test
    void isFoundOnTheClassPathAheadOfTheOthers() {
        assertThat(Backends.providers().get(0)).isInstanceOf(CudaBackendProvider.class);
    }

    @Test
    void saysWhyItCannotRunAndWhatToDo() {
        assertThat(new CudaBackendProvider().probe()).isInstanceOfSatisfying(Availability.Unusable.class, unusable -> {
            assertThat(unusable.why()).contains("no CUDA kernels");
            assertThat(unusable.fix()).contains("lrcc.backend");
        });
    }

    @Test
    void forcingItThrowsWithReasonAndCure() {
        assertThatThrownBy(() -> Backends.named("cuda"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cuda")
                .hasMessageContaining("no CUDA kernels")
                .hasMessageContaining("lrcc.backend");
    }
}
