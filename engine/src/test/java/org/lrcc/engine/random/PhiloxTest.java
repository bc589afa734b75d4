package org.lrcc.engine.random;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PhiloxTest {
    /** The known answers of Random123 (kat_vectors, philox4x32 10). */
    @Test
    void givesTheKnownAnswers() {
        assertThat(block(0, 0, 0)).containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
        assertThat(block(-1, -1, -1)).containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
        assertThat(block(0x299f31d0a4093822L, 0x0370734413198a2eL, 0x85a308d3243f6a88L))
                .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
    }

    @Test
    void drawsTheBlocksOfItsStreamInOrder() {
        Philox random = new Philox(5, 9);
        int[] first = block(5, 9, 0);
        int[] second = block(5, 9, 1);

        assertThat(new int[] {random.nextInt(), random.nextInt(), random.nextInt(), random.nextInt()})
                .containsExactly(first);
        assertThat(random.nextInt()).isEqualTo(second[0]);
    }

    @Test
    void staysWithinItsBounds() {
        Philox random = new Philox(1, 2);
        int[] seen = new int[7];
        double sum = 0;
        for (int i = 0; i < 70_000; i++) {
            seen[random.nextInt(7)]++;
            double value = random.nextDouble();
            assertThat(value >= 0 && value < 1).isTrue();
            sum += value;
        }

        assertThat(sum / 70_000).isBetween(0.495, 0.505);
        for (int count : seen) {
            assertThat(count).isBetween(9_600, 10_400);
        }
        assertThat(Philox.toFloat(-1)).isLessThan(1f);
    }

    @Test
    void normalsHaveMeanZeroAndVarianceOne() {
        Philox random = new Philox(3, 4);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < 50_000; i++) {
            double value = random.nextGaussian();
            sum += value;
            squares += value * value;
        }

        assertThat(sum / 50_000).isBetween(-0.02, 0.02);
        assertThat(squares / 50_000).isBetween(0.98, 1.02);
    }

    @Test
    void streamsDependOnEveryPartAndItsPlace() {
        assertThat(Philox.stream(1, 2))
                .isEqualTo(Philox.stream(1, 2))
                .isNotEqualTo(Philox.stream(2, 1))
                .isNotEqualTo(Philox.stream(1, 2, 0))
                .isNotEqualTo(Philox.stream(1, 3));
    }

    private static int[] block(long seed, long stream, long counter) {
        int[] words = new int[4];
        Philox.block(seed, stream, counter, words);
        return words;
    }
}
