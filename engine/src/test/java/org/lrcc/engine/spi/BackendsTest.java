package org.lrcc.engine.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;

class BackendsTest {
    @Test
    void theReferenceIsFoundByName() {
        assertThat(Backends.named("reference").name()).isEqualTo("reference");
        assertThat(Backends.providers()).extracting(BackendProvider::name).contains("reference");
    }

    @Test
    void providersComeBestFirst() {
        assertThat(Backends.providers().stream().map(p -> -p.rank()).toList()).isSorted();
    }

    @Test
    void anUnknownNameIsRefused() {
        assertThatThrownBy(() -> Backends.named("tpu"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("tpu")
                .hasMessageContaining("reference");
    }
}
