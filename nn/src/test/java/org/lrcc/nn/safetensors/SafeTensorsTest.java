package org.lrcc.nn.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

class SafeTensorsTest {
    @TempDir
    Path dir;

    @Test
    void readsWhatThePythonPackageWrote() throws IOException {
        SafeTensors file = SafeTensors.read(fixture());

        assertThat(file.metadata()).isEqualTo(Map.of("format", "np", "classes", "[\"äöü\", \"b\"]"));
        assertThat(file.names())
                .containsExactlyInAnyOrder("f32", "f64", "f16", "i64", "i32", "i8", "u8", "bool", "scalar", "empty");
        assertThat(file.get("f32").shape()).isEqualTo(Shape.of(2, 3));
        assertThat(file.get("f32").toFloats()).containsExactly(1.5f, -2f, Float.POSITIVE_INFINITY, 0f, 1e-40f, 3.25f);
        assertThat(file.get("f64").toDoubles()).containsExactly(1.0 / 3.0, -1e300);
        assertThat(file.floats("f64").toFloats()).containsExactly(1f / 3f, Float.NEGATIVE_INFINITY);
        assertThat(file.get("f16").toFloats())
                .containsExactly(1f, -0.5f, 65504f, 0x1p-24f, Float.POSITIVE_INFINITY, -0f);
        assertThat(file.get("i64").toInts()).containsExactly(1, -2, Integer.MAX_VALUE);
        assertThat(file.type("i64")).isEqualTo(StoredType.I64);
        assertThat(file.get("i32").toInts()).containsExactly(-5, 6);
        assertThat(file.get("i8").toInts()).containsExactly(-128, 127);
        assertThat(file.get("u8").toBytes()).containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(file.get("bool").toBytes()).containsExactly(1, 0, 1);
        assertThat(file.get("scalar").shape()).isEqualTo(Shape.of());
        assertThat(file.get("scalar").item()).isEqualTo(4.5);
        assertThat(file.get("empty").shape()).isEqualTo(Shape.of(0, 3));
        assertThatThrownBy(() -> file.get("none"))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("python.safetensors", "no tensor none");
        assertThatThrownBy(() -> file.floats("i8")).hasMessageContainingAll("i8 holds I8", "floating-point");
    }

    @Test
    void readsHalvesExactly() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = StoredType.halfToFloat((short) bits);
            int exponent = bits >> 10 & 31;
            double magnitude = exponent == 31
                    ? (bits & 0x3ff) == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                    : exponent == 0 ? (bits & 0x3ff) * 0x1p-24 : Math.scalb(1024 + (bits & 0x3ff), exponent - 25);
            float expected = (float) (bits >> 15 == 1 ? -magnitude : magnitude);
            assertThat(Float.compare(value, expected)).as("%x", bits).isZero();
        }
    }

    @Test
    void readsBfloat16() throws IOException {
        byte[] data = {(byte) 0x80, 0x3f, 0x20, (byte) 0xc0};
        Path path = file("{\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}", data);

        assertThat(SafeTensors.read(path).get("b").toFloats()).containsExactly(1f, -2.5f);
    }

    @Test
    void readsBackWhatItWrote() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("mask", Tensor.of(new byte[] {1, 0, 1}, 3));
        tensors.put("big", big());
        tensors.put("labels", Tensor.of(new int[] {-1, 2}, 2, 1));
        tensors.put("double", Tensor.of(new double[] {Math.PI}, 1));
        tensors.put("part", Tensor.of(new float[] {1, 2, 3, 4}, 4).slice(1, Shape.of(2)));
        Map<String, String> metadata = Map.of("k", "line\n\"quote\"", "a", "ü");
        Path path = dir.resolve("x.safetensors");
        SafeTensors.write(path, tensors, metadata);
        SafeTensors file = SafeTensors.read(path);

        assertThat(file.metadata()).isEqualTo(metadata);
        assertThat(file.names()).containsExactly("double", "big", "labels", "part", "mask");
        assertThat(file.get("mask").toBytes()).containsExactly(1, 0, 1);
        assertThat(Arrays.equals(file.get("big").toFloats(), tensors.get("big").toFloats()))
                .isTrue();
        assertThat(file.get("labels").toInts()).containsExactly(-1, 2);
        assertThat(file.get("labels").shape()).isEqualTo(Shape.of(2, 1));
        assertThat(file.get("double").dtype()).isEqualTo(DType.F64);
        assertThat(file.get("part").toFloats()).containsExactly(2f, 3f);
    }

    @Test
    void theSameContentGivesTheSameBytesAndAnAlignedHeader() throws IOException {
        Tensor a = Tensor.of(new float[] {1}, 1);
        Tensor b = Tensor.of(new byte[] {2}, 1);
        Map<String, Tensor> reversed = new LinkedHashMap<>();
        reversed.put("b", b);
        reversed.put("a", a);
        SafeTensors.write(dir.resolve("1"), Map.of("a", a, "b", b), Map.of("x", "1", "y", "2"));
        SafeTensors.write(dir.resolve("2"), reversed, Map.of("y", "2", "x", "1"));
        byte[] bytes = Files.readAllBytes(dir.resolve("1"));

        assertThat(bytes).isEqualTo(Files.readAllBytes(dir.resolve("2")));
        assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8)
                .isZero();
    }

    @Test
    void aFileWithoutTensorsIsFine() {
        SafeTensors.write(dir.resolve("none"), Map.of(), Map.of("only", "text"));

        assertThat(SafeTensors.read(dir.resolve("none")).metadata()).containsEntry("only", "text");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | not a JSON object",
                "{'a':1} | not an object",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]} | Unexpected end",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} x | Unrecognized token",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} {} | something follows",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'x':1}} | unknown field x",
                "{'a':{'dtype':'C64','shape':[1],'data_offsets':[0,4]}} | dtype C64 is not supported",
                "{'a':{'dtype':7,'shape':[1],'data_offsets':[0,4]}} | dtype 7 is not supported",
                "{'a':{'dtype':'F32','shape':[1]}} | are missing",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | needs 8 bytes",
                "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | holds -1",
                "{'a':{'dtype':'F32','shape':[1.0],'data_offsets':[0,4]}} | other than integers",
                "{'a':{'dtype':'F32','shape':[4294967297,4294967296],'data_offsets':[0,4]}} | too many elements",
                "{'a':{'dtype':'F32','shape':[65536,65536],'data_offsets':[0,0]}} | too many elements",
                "{'a':{'dtype':'F32','shape':[1,1,1,1,1,1,1,1,1],'data_offsets':[0,4]}} | more than 8",
                "{'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,4]}} | out of range",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | begins at 4",
                "{'a':{'dtype':'F32','shape':[],'data_offsets':[0,4]},'a':{'dtype':'F32','shape':[],'data_offsets':[4,8]}} | Duplicate field",
                "{'a':{'dtype':'F32','shape':[],'data_offsets':[0,4]},'b':{'dtype':'F32','shape':[],'data_offsets':[0,4]}} | begins at 0",
                "{'a':{'dtype':'F32','shape':[],'data_offsets':[0,4]},'b':{'dtype':'U8','shape':[1],'data_offsets':[5,6]}} | begins at 5",
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]}} | the file holds 4",
                "{'a':{'dtype':'I32','shape':[2],'data_offsets':[0,8]}} | the file holds 4",
                "{'a':{'dtype':'BOOL','shape':[4],'data_offsets':[0,4]}} | neither 0 nor 1",
                "{'__metadata__':{'k':1},'a':{'dtype':'F32','shape':[],'data_offsets':[0,4]}} | not a string",
                "{'__metadata__':{'k':{'x':{'y':{}}}}} | not a string",
            })
    void refusesABrokenHeader(String header, String complaint) throws IOException {
        Path path = file(header.replace('\'', '"'), new byte[] {0, 1, 2, 3});

        assertThatThrownBy(() -> SafeTensors.read(path))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll(path.toString(), complaint)
                .hasMessageNotContaining("\n");
    }

    @Test
    void refusesIntegersThatDoNotFit() throws IOException {
        Path path = file(
                "{\"a\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
                new byte[] {0, 0, 0, 0, 1, 0, 0, 0});

        assertThatThrownBy(() -> SafeTensors.read(path)).hasMessageContainingAll("tensor a", "4294967296");
    }

    @Test
    void refusesTruncatedFilesAndFolders() throws IOException {
        byte[] whole = Files.readAllBytes(fixture());
        for (int length : new int[] {0, 7, 8, 9, 100, whole.length - 1}) {
            Path path = Files.write(dir.resolve("t" + length), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> SafeTensors.read(path))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(path.toString());
        }
        assertThatThrownBy(() -> SafeTensors.read(dir)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> SafeTensors.read(dir.resolve("none"))).hasMessageContaining("no such file");
    }

    @Test
    void mutationsGiveAFileOrAnInputError() throws IOException {
        mutate(2000);
    }

    @Test
    @Tag("fuzz")
    void manyMutationsGiveAFileOrAnInputError() throws IOException {
        mutate(100_000);
    }

    private void mutate(int rounds) throws IOException {
        byte[] whole = Files.readAllBytes(fixture());
        int header =
                8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
        byte[] alphabet = "{}[]\",:0123456789eE-.\\ FIUB_".getBytes(StandardCharsets.US_ASCII);
        Random random = new Random(5);
        Path path = dir.resolve("mutant");
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            byte[] bytes = random.nextInt(4) == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
            for (int i = random.nextInt(3); i >= 0 && bytes.length > 0; i--) {
                int at = random.nextInt(Math.min(header, bytes.length));
                bytes[at] =
                        random.nextBoolean() ? alphabet[random.nextInt(alphabet.length)] : (byte) random.nextInt(256);
            }
            Files.write(path, bytes);
            try {
                SafeTensors.read(path);
            } catch (InputException e) {
                assertThat(e.getMessage()).contains(path.toString());
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(rounds / 2);
    }

    private Path fixture() throws IOException {
        Path path = dir.resolve("python.safetensors");
        try (InputStream in = getClass().getResourceAsStream("/safetensors/python.safetensors")) {
            Files.write(path, Objects.requireNonNull(in).readAllBytes());
        }
        return path;
    }

    private Path file(String header, byte[] data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json).put(data);
        return Files.write(dir.resolve("made"), bytes.array());
    }

    private static Tensor big() {
        float[] values = new float[100_003];
        Random random = new Random(2);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        return Tensor.of(values, values.length);
    }
}
