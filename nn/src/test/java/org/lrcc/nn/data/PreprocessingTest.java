package org.lrcc.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

class PreprocessingTest {
    @Test
    void imageNetsDefaultsAreTorchvisions() {
        assertThat(Preprocessing.imagenet())
                .isEqualTo(new Preprocessing(
                        224, 256, true, List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f)));
        assertThat(Preprocessing.ofSize(96).resize()).isEqualTo(110);
    }

    @Test
    void normalisesToPlanes() {
        RgbImage image = new RgbImage(2, 1, new byte[] {0, 127, (byte) 255, 51, 102, (byte) 204});
        Preprocessing preprocessing = new Preprocessing(2, 0, true, List.of(0.5f, 0.25f, 0f), List.of(0.5f, 2f, 1f));
        float[] out = new float[13];
        out[12] = 7;
        preprocessing.normalize(Transforms.centerCrop(image, 2), out, 0);

        assertThat(out)
                .containsExactly(
                        (0f - 0.5f) / 0.5f,
                        (51 / 255f - 0.5f) / 0.5f,
                        -1f,
                        -1f,
                        (127 / 255f - 0.25f) / 2f,
                        (102 / 255f - 0.25f) / 2f,
                        -0.125f,
                        -0.125f,
                        1f,
                        0.8f,
                        0f,
                        0f,
                        7f);
    }

    @Test
    void fitsByCropOrByScaling() {
        RgbImage image = ImageFixtures.decoded("middle.png");
        Preprocessing crop = Preprocessing.ofSize(15).withResize(23);
        RgbImage resized = Transforms.resize(image, 23);

        assertThat(crop.fit(image).pixels())
                .isEqualTo(Transforms.centerCrop(resized, 15).pixels());
        assertThat(crop.withCrop(false).fit(image).pixels())
                .isEqualTo(Transforms.resize(image, 15, 15).pixels());
        assertThat(crop.withResize(0).fit(image).pixels())
                .isEqualTo(Transforms.centerCrop(image, 15).pixels());
    }

    @Test
    void stacksImages() {
        RgbImage image = ImageFixtures.decoded("middle.png");
        Preprocessing preprocessing = Preprocessing.ofSize(8);
        Tensor x = preprocessing.toTensor(List.of(ImageFixtures.decoded("noise.png"), image));
        float[] second = new float[3 * 64];
        preprocessing.normalize(preprocessing.fit(image), second, 0);

        assertThat(x.shape()).isEqualTo(Shape.of(2, 3, 8, 8));
        assertThat(x.slice(3 * 64, Shape.of(3, 8, 8)).toFloats()).isEqualTo(second);
    }

    @Test
    void travelsAsJson() {
        Preprocessing preprocessing =
                new Preprocessing(96, 112, false, List.of(0.1f, 0.2f, 0.3f), List.of(0.4f, 0.5f, 0.6f));

        assertThat(Preprocessing.fromJson(preprocessing.toJson(), "here")).isEqualTo(preprocessing);
        assertThat(preprocessing.toJson())
                .isEqualTo("{\"size\":96,\"resize\":112,\"crop\":false,\"mean\":[0.1,0.2,0.3],\"std\":[0.4,0.5,0.6]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | crop is neither true nor false",
                "x | no JSON",
                "[] | crop is neither",
                "{'size':96,'resize':112,'crop':1,'mean':[0,0,0],'std':[1,1,1]} | crop is neither true nor false: 1",
                "{'size':0,'resize':112,'crop':true,'mean':[0,0,0],'std':[1,1,1]} | size must be in [1, 16384]",
                "{'size':1e3,'resize':112,'crop':true,'mean':[0,0,0],'std':[1,1,1]} | size is not an integer",
                "{'size':96,'resize':-1,'crop':true,'mean':[0,0,0],'std':[1,1,1]} | resize must be in [0, 16384]",
                "{'size':96,'resize':112,'crop':true,'mean':[0,0],'std':[1,1,1]} | mean needs three numbers",
                "{'size':96,'resize':112,'crop':true,'mean':[0,0,'x'],'std':[1,1,1]} | mean needs three numbers",
                "{'size':96,'resize':112,'crop':true,'mean':[0,0,0],'std':[1,0,1]} | std must be above 0",
                "{'size':96,'size':97} | Duplicate field 'size'",
            })
    void refusesBrokenJson(String json, String complaint) {
        String text = json.replace('\'', '"');

        assertThatThrownBy(() -> Preprocessing.fromJson(text, "a.onnx"))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("a.onnx")
                .hasMessageContaining(complaint);
    }
}
