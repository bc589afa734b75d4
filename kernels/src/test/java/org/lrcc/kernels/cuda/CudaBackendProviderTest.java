package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Availability;
import org.lrcc.engine.spi.Backends;

class CudaBackendProviderTest {
    static boolean thereIsAGpu() {
        return new CudaBackendProvider().probe() instanceof Availability.Usable;
    }

    @Test
    void isFoundOnTheClassPath() {
        assertThat(Backends.providers()).hasAtLeastOneElementOfType(CudaBackendProvider.class);
    }

    @Test
    @DisabledIf(value = "thereIsAGpu", disabledReason = "there is a GPU")
    void saysWhyItCannotRunAndWhatToDo() {
        for (int time = 0; time < 2; time++) {
            assertThat(new CudaBackendProvider().probe())
                    .isInstanceOfSatisfying(Availability.Unusable.class, unusable -> {
                        assertThat(unusable.why()).containsAnyOf("native library", "driver", "GPU", "CUDA 12");
                        assertThat(unusable.fix()).contains("use the CPU").contains("lrcc.backend");
                    });
        }
    }

    @Test
    @DisabledIf(value = "thereIsAGpu", disabledReason = "there is a GPU")
    void forcingItThrowsWithReasonAndCure() {
        Availability.Unusable found = (Availability.Unusable) new CudaBackendProvider().probe();
        assertThatThrownBy(() -> Backends.named("cuda"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cuda")
                .hasMessageContaining(found.why())
                .hasMessageContaining(found.fix());
    }
}
