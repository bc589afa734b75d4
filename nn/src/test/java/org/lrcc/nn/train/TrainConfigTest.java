package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;
import org.lrcc.nn.data.Augmentation;
import org.lrcc.nn.optim.AdamW;
import org.lrcc.nn.optim.ParameterGroup;
import org.lrcc.nn.optim.Schedule;

class TrainConfigTest {
    private static TrainConfig everything() {
        return TrainConfig.defaults()
                .epochs(7)
                .batch(6)
                .microBatch(3)
                .rate(0.25)
                .optimizer(new AdamW(0.8, 0.99, 1e-7, 0.03))
                .groups(ParameterGroup.rate("fc.*", 10), new ParameterGroup("bn", 0.5, 0.0))
                .schedule(Schedule.step(0.3, 2).per(Schedule.Unit.STEP).warmup(4, 0.1))
                .labelSmoothing(0.1)
                .classWeights(List.of(1.0, 2.5))
                .clipNorm(5)
                .l1(new L1Term("sparse", 1e-4))
                .freeze("conv1", "layer1.*")
                .head(Head.REPLACE)
                .seed(-3)
                .dropLast(true)
                .earlyStopping(0.2, 4)
                .evaluateEvery(2)
                .augmentation(Augmentation.imageNet().withFlip(0.25))
                .loaderThreads(3);
    }

    @Test
    void jsonHoldsEverything() {
        assertThat(TrainConfig.fromJson(everything().toJson())).isEqualTo(everything());
        assertThat(TrainConfig.fromJson("{}")).isEqualTo(TrainConfig.defaults());
        assertThat(everything().toJson())
                .contains("\"optimizer\":{\"name\":\"adamw\",\"beta1\":0.8")
                .contains("\"epochs\":7");
    }

    @Test
    void settersLeaveTheOriginalAlone() {
        TrainConfig config = everything();
        String before = config.toJson();
        assertThat(config.epochs(9).epochs()).isEqualTo(9);
        assertThat(config.toJson()).isEqualTo(before);
        assertThat(config.differences(config.epochs(9))).containsExactly("epochs (7 there, 9 now)");
    }

    @Test
    void everySettingIsCopied() {
        assertThat(everything().seed(-3)).isEqualTo(everything());
        assertThat(everything().differences(TrainConfig.defaults())).hasSize(19);
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        TrainConfig c = TrainConfig.defaults();
        assertThatThrownBy(() -> c.epochs(0))
                .isInstanceOf(InputException.class)
                .hasMessage("training: epochs must be 1 or more: 0");
        assertThatThrownBy(() -> c.rate(Double.NaN)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> c.batch(-1)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> c.labelSmoothing(1)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> c.classWeights(List.of(0.0))).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> c.earlyStopping(1, 1)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> c.freeze("")).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> new L1Term("s", -1)).isInstanceOf(InputException.class);
    }

    @Test
    void badJsonIsRefused() {
        for (String json : List.of(
                "",
                "[]",
                "{\"epochs\":0}",
                "{\"epochs\":null}",
                "{\"optimizer\":null}",
                "{\"freeze\":null}",
                "{\"classWeights\":[null]}",
                "{\"optimizer\":{\"name\":\"java.lang.Object\"}}",
                "{\"optimizer\":{\"name\":\"sgd\",\"momentum\":2,\"nesterov\":false,\"weightDecay\":0}}",
                "{\"nonsense\":1}")) {
            assertThatThrownBy(() -> TrainConfig.fromJson(json))
                    .as(json)
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith("training");
        }
    }
}
