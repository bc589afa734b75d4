package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input gives one line that names what is wrong, exit code 2, and no output. */
class BadInputTest {
    @TempDir
    private Path dir;

    private static void assertRefused(Run run, String... words) {
        assertThat(run.err()).as("stderr").contains(words);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.err()).doesNotContain("internal error", "\tat ");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }

    private Path truncated(Path file, int bytes) throws IOException {
        Path target = dir.resolve("cut-" + file.getFileName());
        Files.write(target, Arrays.copyOf(Files.readAllBytes(file), bytes));
        return target;
    }

    private Path text(String name, String content) throws IOException {
        return Files.writeString(dir.resolve(name), content);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 20_000, 1_000_000})
    void aTruncatedNetwork(int bytes) throws IOException {
        Path cut = truncated(Demo.MODEL, bytes);
        assertRefused(Run.of("info", cut), cut.toString(), "onnx");
    }

    @Test
    void aCommandThatDoesNotExist() {
        assertRefused(Run.of("inf", Demo.MODEL), "there is no command 'inf'", "info, convert, train");
        assertRefused(Run.of("--inf"), "--inf");
    }

    @Test
    void aNetworkOfNoise() throws IOException {
        byte[] noise = new byte[5000];
        new java.util.Random(1).nextBytes(noise);
        Path file = Files.write(dir.resolve("noise.onnx"), noise);
        assertRefused(Run.of("info", file), file.toString());
        Path packed = Files.write(dir.resolve("noise.onnx.gz"), noise);
        assertRefused(Run.of("info", packed), packed.toString(), "does not unpack");
    }

    @Test
    void aNetworkThatIsNotThere() {
        assertRefused(Run.of("info", dir.resolve("no.onnx")), "no.onnx", "there is no such file");
        assertRefused(Run.of("info", dir), "it is not a file");
    }

    @Test
    void aNetworkWhoseInputHasNoImages() throws IOException {
        OnnxMl.ModelProto model = OnnxMl.ModelProto.parseFrom(Files.readAllBytes(Demo.MODEL));
        OnnxMl.ModelProto.Builder changed = model.toBuilder();
        OnnxMl.TensorShapeProto.Builder shape = changed.getGraphBuilder()
                .getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder();
        shape.removeDim(3);
        Path flat = Files.write(dir.resolve("flat.onnx"), changed.build().toByteArray());
        assertRefused(Run.of("info", flat), flat.toString(), "input");
        shape.addDim(OnnxMl.TensorShapeProto.Dimension.newBuilder().setDimValue(3));
        shape.setDim(1, OnnxMl.TensorShapeProto.Dimension.newBuilder().setDimValue(96));
        Path last = Files.write(dir.resolve("nhwc.onnx"), changed.build().toByteArray());
        assertRefused(Run.of("info", last), last.toString(), "96");
    }

    @Test
    void anOutputThatIsNoFile(@TempDir Path small) throws IOException {
        Path socket = small.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            Run run = Run.of("convert", Demo.MODEL, "-o", socket, "--mode", "lora_mode");
            assertRefused(run, "-o " + socket, "a pipe, a device or a socket, not a file");
            assertThat(Files.isRegularFile(socket)).isFalse();
        }
    }

    @Test
    void tensorsThatAreNone() throws IOException {
        Path io = Demo.FOLDER.resolve("thin_resnet18.io.safetensors");
        Path out = dir.resolve("y.safetensors");
        for (int bytes : new int[] {0, 4, 60, 5000}) {
            Path cut = truncated(io, bytes);
            assertRefused(Run.of("predict", Demo.MODEL, "--input", cut, "--output", out), cut.toString());
        }
        Path hostile =
                Files.write(dir.resolve("hostile.safetensors"), new byte[] {-1, -1, -1, -1, -1, -1, -1, 127, '{'});
        assertRefused(Run.of("predict", Demo.MODEL, "--input", hostile, "--output", out), hostile.toString());
        assertThat(out).doesNotExist();
    }

    @Test
    void anAdapterThatIsNone() throws IOException {
        Path io = Demo.FOLDER.resolve("thin_resnet18.io.safetensors");
        Path out = dir.resolve("merged.onnx");
        assertRefused(Run.of("merge", Demo.MODEL, "--adapter", io, "-o", out), io.toString());
        Path cut = truncated(io, 300);
        assertRefused(Run.of("merge", Demo.MODEL, "--adapter", cut, "-o", out), cut.toString());
        assertThat(out).doesNotExist();
    }

    @Test
    void anOutputThatHasNoPlaceOrIsAnInput() throws IOException {
        Path io = Demo.FOLDER.resolve("thin_resnet18.io.safetensors");
        assertRefused(
                Run.of("predict", Demo.MODEL, "--input", io, "--output", dir.resolve("no/y.safetensors")),
                "--output",
                "does not exist");
        Path copy = Files.copy(io, dir.resolve("x.safetensors"));
        assertRefused(Run.of("predict", Demo.MODEL, "--input", copy, "--output", copy), "--output", "it is an input");
        assertThat(copy).hasSameBinaryContentAs(io);
        Path kept = text("c.safetensors", "mine");
        assertRefused(
                Run.of("convert", Demo.MODEL, "-o", kept, "--mode", "lora_mode", "--ignore", "nothing-like-it"),
                "nothing-like-it");
        assertThat(kept).hasContent("mine");
    }

    @Test
    void imagesThatDoNotDecode() throws IOException {
        Path cut = truncated(Demo.image(), 900);
        assertRefused(Run.of("predict", Demo.MODEL, cut), cut.toString());
        Path text = text("words.jpg", "no picture at all");
        assertRefused(Run.of("predict", Demo.MODEL, text), text.toString());
        assertRefused(Run.of("predict", Demo.MODEL, dir.resolve("no.jpg")), "no.jpg");
    }

    @Test
    void listsThatLeadNowhere() throws IOException {
        Path missing = text("missing.txt", "anchor/none.jpg\n");
        assertRefused(evaluate(missing), missing + ":1", "anchor/none.jpg");
        Path out = text("out.txt", "anchor/image_0002.jpg\n../../etc/passwd\n");
        assertRefused(evaluate(out), out + ":2");
        Path empty = text("empty.txt", "\n\n");
        assertRefused(evaluate(empty), empty.toString(), "empty");
        Path noise = Files.write(dir.resolve("noise.txt"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertRefused(evaluate(noise), noise.toString());
        assertRefused(Run.of("evaluate", Demo.MODEL, "--test", missing), "--images");
        assertRefused(
                Run.of("evaluate", Demo.MODEL, "--test", dir.resolve("none")),
                "--test",
                "there is no such folder or list");
    }

    private static Run evaluate(Path list) {
        return Run.of("evaluate", Demo.MODEL, "--test", list, "--images", Demo.IMAGES);
    }

    @Test
    void classesThatTheNetworkDoesNotKnow() {
        Path list = Demo.FOLDER.resolve("test.txt");
        assertRefused(evaluate(list), "20", "81");
    }

    @Test
    void aClassWithoutAnImage() throws IOException {
        Path photos = Demo.smallFolder(dir.resolve("photos"), 2);
        Files.createDirectories(photos.resolve("unicorn"));
        assertRefused(train(photos, "--mode", "head"), "unicorn", "has no image");
        assertThat(dir.resolve("run")).doesNotExist();
    }

    @Test
    void anImageOfTheTrainingSetThatDoesNotDecode() throws IOException {
        Path photos = Demo.smallFolder(dir.resolve("photos"), 2);
        Path broken = Files.writeString(photos.resolve("bonsai/a.jpg"), "no picture", StandardCharsets.UTF_8);
        assertRefused(train(photos, "--mode", "head", "--epochs", 1, "--progress", "off"), broken.toString());
        assertThat(dir.resolve("run")).doesNotExist();
    }

    private Run train(Path photos, Object... more) {
        Object[] head = {"train", Demo.MODEL, "--train", photos, "-o", dir.resolve("run")};
        Object[] all = Arrays.copyOf(head, head.length + more.length);
        System.arraycopy(more, 0, all, head.length, more.length);
        return Run.of(all);
    }

    @Test
    void optionsThatCannotBe() {
        Path photos = Demo.IMAGES;
        assertRefused(train(photos, "--mode", "tune_W"), "tune_W", "tune_U_S");
        assertRefused(train(photos), "--mode is missing");
        assertRefused(train(photos, "--mode", "lora_mode", "--rank", 0), "rank", "0");
        assertRefused(train(photos, "--mode", "lora_mode", "--rank", "many"), "--rank", "many");
        assertRefused(
                train(photos, "--mode", "lora_mode", "--rank", 3, "--rank-ratio", 0.5), "--rank 3", "--rank-ratio 0.5");
        assertRefused(
                train(photos, "--mode", "lora_mode", "--convert", "layer1", "--ignore", "layer2"),
                "--convert",
                "--ignore",
                "exclude");
        assertRefused(train(photos, "--mode", "lora_mode", "--ignore", "layer9"), "layer9");
        assertRefused(train(photos, "--mode", "tune_U", "--alpha", 2), "alpha", "lora_mode");
        assertRefused(train(photos, "--mode", "full", "--lr", -1), "rate", "-1");
        assertRefused(train(photos, "--mode", "full", "--batch", 0), "batch", "0");
        assertRefused(train(photos, "--mode", "full", "--patience", 3), "--patience 3", "--val-fraction");
        assertRefused(train(photos, "--mode", "full", "--optimizer", "lion"), "--optimizer", "lion");
        assertRefused(train(photos, "--mode", "full", "--mean", "1,2"), "mean", "three");
        assertRefused(train(photos, "--mode", "full", "--resume", "run"), "--resume");
        assertRefused(Run.of("train", "--resume", dir.resolve("nothing")), "--resume", "there is no run in it");
        assertThat(dir.resolve("run")).doesNotExist();
    }

    @Test
    void convertNeedsAModeThatConverts() {
        Path out = dir.resolve("c.safetensors");
        assertRefused(Run.of("convert", Demo.MODEL, "-o", out, "--mode", "full"), "full", "converts nothing");
        assertThat(out).doesNotExist();
    }
}
