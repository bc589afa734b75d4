package org.lrcc.nn.train;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lrcc.nn.io.AtomicFiles;

/**
 * What each epoch of a run gave.
 *
 * @param epochs in order
 */
public record History(List<EpochRecord> epochs) {
    private static final String HEADER =
            "epoch,step,rate,loss,accuracy,seconds,waiting_seconds,images_per_second,validation_loss,validation_top1,validation_top5,test_loss,test_top1,test_top5,memory_bytes";

    /** Copies the list. */
    public History {
        epochs = List.copyOf(epochs);
    }

    /** One line an epoch below a line of names; values that there are none of are empty. */
    public String toCsv() {
        StringBuilder csv = new StringBuilder(HEADER).append('\n');
        for (EpochRecord e : epochs) {
            csv.append(String.format(
                    Locale.ROOT,
                    "%d,%d,%s,%s,%s,%.3f,%.3f,%.1f%s%s,%s%n",
                    e.epoch(),
                    e.step(),
                    e.rate(),
                    e.loss(),
                    e.accuracy(),
                    e.seconds(),
                    e.waiting(),
                    e.imagesPerSecond(),
                    fields(e.validation()),
                    fields(e.test()),
                    e.memoryBytes() == null ? "" : e.memoryBytes()));
        }
        return csv.toString().replace("\r\n", "\n");
    }

    /** The most bytes of tensors that a backend's session held at once, see {@link EpochRecord#memoryBytes}; null where it is not known. */
    public @Nullable Long memoryBytes() {
        return epochs.stream()
                .map(EpochRecord::memoryBytes)
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    private static String fields(EpochRecord.@Nullable Score score) {
        return score == null ? ",,," : "," + score.loss() + "," + score.top1() + "," + score.top5();
    }

    /** Writes {@link #toCsv} to a file, whole or not at all. */
    public void writeCsv(Path file) {
        AtomicFiles.writeString(file, toCsv());
    }
}
