package org.lrcc.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;

class NamePatternTest {
    @Test
    void plainTextIsAPartOfTheName() {
        assertThat(new NamePattern("downsample").matches("layer2.0.downsample.0.weight"))
                .isTrue();
        assertThat(new NamePattern("downsample").matches("layer2.0.conv1.weight"))
                .isFalse();
    }

    @Test
    void globsAreForTheWholeName() {
        assertThat(new NamePattern("layer?.*.weight").matches("layer1.0.conv1.weight"))
                .isTrue();
        assertThat(new NamePattern("layer?.*.weight").matches("layer1.0.conv1.bias"))
                .isFalse();
        assertThat(new NamePattern("conv*").matches("layer1.conv1")).isFalse();
        assertThat(new NamePattern("*conv1*conv1*").matches("a.conv1.b.conv1")).isTrue();
        assertThat(new NamePattern("*conv1*conv1").matches("a.conv1.b.conv2")).isFalse();
        assertThat(new NamePattern("fc.*").matches("fc.")).isTrue();
    }

    @Test
    void manyStarsTakeNoExponentialTime() {
        assertThat(new NamePattern("*a".repeat(200) + "b").matches("a".repeat(5000)))
                .isFalse();
    }

    @Test
    void emptyPatternsAreRefused() {
        assertThatThrownBy(() -> new NamePattern(" ")).isInstanceOf(InputException.class);
    }
}
