package org.lrcc.kernels.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Damaged kernels and wrong launches are found, each by the check that is meant for it. */
class SeededFaultsTest {
    private static final int COUNT = 200;

    private static void expect(Runnable run, String... parts) {
        assertThatThrownBy(run::run).isInstanceOf(PtxFault.class).satisfies(error -> {
            for (String part : parts) {
                assertThat(error).hasMessageContaining(part);
            }
        });
    }

    /** The PTX with one piece of one kernel replaced; the piece must be there. */
    private static Launch damaged(String kernel, String piece, String replacement) {
        String ptx = InterpreterTest.faults();
        int start = ptx.indexOf(".entry " + kernel + "(");
        int end = ptx.indexOf("\n}", start);
        String body = ptx.substring(start, end);
        if (!body.contains(piece)) {
            throw new AssertionError("there is no " + piece + " in\n" + body);
        }
        return new Launch(ptx.substring(0, start)
                + body.replaceFirst(Pattern.quote(piece), Matcher.quoteReplacement(replacement))
                + ptx.substring(end));
    }

    private static Launch sound() {
        return new Launch(InterpreterTest.faults());
    }

    @Test
    void anOffByOneIsOutOfBounds() {
        Launch launch = damaged("shift", "setp.ge.u32", "setp.gt.u32");
        expect(
                () -> launch.run("shift", 1, 256, launch.floats(new float[COUNT]), launch.empty(4 * COUNT), COUNT, 1f),
                "kernel shift line ",
                "out of bounds: 4 bytes",
                "[800 of 800]",
                "thread [200, 0, 0]",
                "ld.global");
    }

    @Test
    void aNegativeIndexIsOutOfBounds() {
        Launch launch = damaged("shift", "%f2, [%rd6]", "%f2, [%rd6+-4]");
        expect(
                () -> launch.run("shift", 1, 256, launch.floats(new float[COUNT]), launch.empty(4 * COUNT), COUNT, 1f),
                "out of bounds",
                "thread [0, 0, 0]");
    }

    @Test
    void aMissingBarrierIsARace() {
        Launch launch = damaged("blockSums", "bar.sync \t0;", "");
        expect(
                () -> launch.run("blockSums", 1, 64, launch.floats(new float[64]), launch.empty(4), 64),
                "kernel blockSums line ",
                "race",
                "shared memory[");
    }

    @Test
    void aBarrierThatSomeThreadsMissIsDivergence() {
        Launch launch = damaged("blockSums", "bar.sync \t0;", "@%p1 ret;\n bar.sync 0;");
        expect(
                () -> launch.run("blockSums", 1, 64, launch.floats(new float[64]), launch.empty(4), 10),
                "kernel blockSums line ",
                "divergence",
                "have exited");
    }

    @Test
    void differentBarriersAreDivergence() {
        Launch launch =
                damaged("blockSums", "bar.sync \t0;", "@%p1 bra \t$OTHER;\n bar.sync 0;\n $OTHER:\n bar.sync 0;");
        expect(
                () -> launch.run("blockSums", 1, 64, launch.floats(new float[64]), launch.empty(4), 10),
                "divergence",
                "other threads wait at line");
    }

    @Test
    void aShuffleThatSomeThreadsMissIsDivergence() {
        Launch launch = damaged("warpSums", "shfl.sync.down", "@%p1 ret;\n shfl.sync.down");
        expect(
                () -> launch.run("warpSums", 1, 64, launch.floats(new float[64]), launch.empty(8), 40),
                "kernel warpSums line ",
                "divergence: lanes 0xffffff00 of the mask are not here",
                "thread [32, 0, 0]");
    }

    @Test
    void textThatIsNoPtxIsRefused() {
        expect(() -> new Launch("kernel"), "line 1: unsupported PTX: kernel");
        expect(() -> new Launch(".visible .entry k()"), "ends inside kernel k");
        expect(() -> damaged("shift", "mad.lo.s32", "madc.lo.s32"), "kernel shift line ", "unsupported instruction");
    }

    @Test
    void aWrongTypeIsRefused() {
        expect(() -> damaged("shift", "add.f32", "add.s32"), "kernel shift line ", "class FLOAT", "takes INT");
        expect(() -> damaged("shift", "ld.param.f32", "ld.param.u32"), "no parameter of this type");
        expect(() -> damaged("shift", "st.global.f32", "st.global.f64"), "class FLOAT", "takes DOUBLE");
    }

    @Test
    void aShortStepIsMisaligned() {
        Launch launch = damaged("shift", "mul.wide.s32 \t%rd5, %r10, 4;", "mul.wide.s32 \t%rd5, %r10, 2;");
        expect(
                () -> launch.run("shift", 1, 64, launch.floats(new float[COUNT]), launch.empty(4 * COUNT), COUNT, 1f),
                "kernel shift line ",
                "misaligned access of 4 bytes",
                "thread [1, 0, 0]");
    }

    @Test
    void nothingWrittenIsNothingToRead() {
        Launch launch = sound();
        expect(
                () -> launch.run("shift", 1, 64, launch.empty(4 * COUNT), launch.empty(4 * COUNT), COUNT, 1f),
                "kernel shift line ",
                "ld.global.f32",
                "nothing has written",
                "[0 of 800]",
                "thread [0, 0, 0]");
        Launch tree = damaged("blockSums", "st.shared.f32", "@%p1 st.shared.f32");
        expect(
                () -> tree.run("blockSums", 1, 64, tree.floats(new float[64]), tree.empty(4), 64),
                "shared memory[",
                "nothing has written");
    }

    @Test
    void aVectorAtAnOddAddressIsMisaligned() {
        Launch launch = sound();
        long a = launch.floats(new float[16]);
        expect(
                () -> launch.run("addVectors", 1, 32, a + 4, launch.floats(new float[16]), launch.empty(64), 3),
                "kernel addVectors line ",
                "misaligned access of 16 bytes",
                "thread [0, 0, 0]");
    }

    @Test
    void neighboursThatWriteWhatOthersReadRace() {
        Launch launch = sound();
        expect(
                () -> launch.run("smear", 1, 64, launch.floats(new float[COUNT]), COUNT),
                "kernel smear line ",
                "race",
                "allocation 1[");
        Launch blocks = sound();
        expect(() -> blocks.run("smear", 64, 1, blocks.floats(new float[64]), 64), "race", "another block");
    }

    @Test
    void constantLoadsOfWhatIsWrittenAreRefused() {
        Launch launch = damaged("smear", "ld.global.f32", "ld.global.nc.f32");
        expect(() -> launch.run("smear", 64, 1, launch.floats(new float[64]), 64), "ld.global.nc of allocation 1[");
    }

    @Test
    void argumentsAreCountedAndTyped() {
        Launch launch = sound();
        long x = launch.floats(new float[COUNT]);
        expect(() -> launch.run("shift", 1, 64, x, x, COUNT), "arguments \"lli\", the kernel takes \"llif\"");
        expect(() -> launch.run("shift", 1, 64, x, x, COUNT, 1), "\"llii\", the kernel takes \"llif\"");
        expect(() -> launch.run("shift", 1, 64, x, x, COUNT, 1f, 1), "\"llifi\"");
        expect(() -> launch.run("shift", 1, 64, x, 5, COUNT, 1f), "\"liif\"");
    }

    @Test
    void sizesAreLimited() {
        Launch launch = sound();
        long x = launch.floats(new float[COUNT]);
        expect(() -> launch.run("shift", 0, 64, x, x, COUNT, 1f), "grid [0, 1, 1]");
        expect(() -> launch.run("shift", 1, 1025, x, x, COUNT, 1f), "block [1025, 1, 1]");
        expect(
                () -> launch.interpreter.launch(
                        launch.kernel("shift"), new int[] {1, 70000, 1}, new int[] {1, 1, 1}, 0, new byte[24], "llif"),
                "at most");
        expect(
                () -> launch.interpreter.launch(
                        launch.kernel("shift"), new int[] {1, 1, 1}, new int[] {1, 1, 1}, 50000, new byte[24], "llif"),
                "shared memory");
    }

    @Test
    void freedMemoryIsOutOfBounds() {
        Launch launch = sound();
        long x = launch.floats(new float[COUNT]);
        long y = launch.empty(4 * COUNT);
        launch.run("shift", 1, 64, x, y, COUNT, 1f);
        launch.interpreter.memory().free(x);
        expect(() -> launch.run("shift", 1, 64, x, y, COUNT, 1f), "out of bounds", "in no allocation");
    }

    @Test
    void piecesOfAnArenaHaveBoundsOfTheirOwn() {
        Launch launch = sound();
        DeviceMemory memory = launch.interpreter.memory();
        long arena = memory.allocate(1 << 20);
        memory.handOut(arena, 4 * COUNT);
        memory.handOut(arena + 1024, 4 * COUNT);
        long x = launch.floats(new float[COUNT + 1]);
        launch.run("shift", 1, 64, x, arena, COUNT, 1f);
        expect(() -> launch.run("shift", 1, 64, x, arena, COUNT + 1, 1f), "out of bounds");
        memory.takeBack(arena);
        memory.handOut(arena, 4 * COUNT);
        expect(() -> launch.run("shift", 1, 64, arena, arena + 1024, COUNT, 1f), "nothing has written");
        expect(() -> memory.handOut(arena + 512, 4), "overlaps");
    }

    @Test
    void floatingPointAtomicsAreRefused() {
        expect(
                () -> damaged("histogram", "atom.global.add.u32", "atom.global.add.f32"),
                "kernel histogram line ",
                "floating-point atomics");
    }

    @Test
    void endlessLoopsEnd() {
        Launch endless = damaged("collatz", "%r26, 1000;", "%r26, -1;");
        int[] stuck = new int[1024];
        expect(
                () -> endless.run("collatz", 1, 1024, endless.ints(stuck), endless.empty(4096), 1024),
                "kernel collatz line ",
                "endless loop?");
        expect(() -> damaged("shift", "ret;", "bra $NOWHERE;"), "no label");
    }
}
