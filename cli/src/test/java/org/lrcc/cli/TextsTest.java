package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TextsTest {
    @Test
    void numbersReadAlikeEverywhere() {
        assertThat(Texts.percent(0.8925)).isEqualTo("89.25 %");
        assertThat(Texts.count(11_689_512)).isEqualTo("11,689,512");
        assertThat(Texts.bytes(999)).isEqualTo("999 B");
        assertThat(Texts.bytes(1_411_284)).isEqualTo("1.4 MB");
        assertThat(Texts.bytes(27_186_298)).isEqualTo("27 MB");
        assertThat(Texts.bytes(5_000_000_000L)).isEqualTo("5.0 GB");
        assertThat(Texts.big(1.814e9)).isEqualTo("1.81 G");
        assertThat(Texts.big(24_900_000)).isEqualTo("24.9 M");
    }

    @Test
    void timesReadAsPeopleSayThem() {
        assertThat(Progress.time(3.24)).isEqualTo("3.2 s");
        assertThat(Progress.time(245)).isEqualTo("4:05 min");
        assertThat(Progress.time(7380)).isEqualTo("2:03 h");
    }

    @Test
    void aBarEndsItsLineAndSilenceSaysNothing() {
        StringWriter text = new StringWriter();
        try (Progress bar = Progress.start(Progress.Style.BAR, "train", 10, new PrintWriter(text, true))) {
            bar.at(10, "loss 1.0");
        }
        assertThat(text.toString()).contains("train", "10/10").endsWith(System.lineSeparator());
        StringWriter silent = new StringWriter();
        try (Progress none = Progress.start(Progress.Style.OFF, "train", 10, new PrintWriter(silent, true))) {
            none.at(10, "");
            none.line("epoch 1");
        }
        assertThat(silent.toString()).isEmpty();
    }
}
