package org.lrcc.cli;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.nn.train.Checkpoint;

/**
 * The folder that a training leaves. The results appear in it when training has ended, each file whole; until then everything is in the folder {@code checkpoint},
 * from which a run that was broken off goes on.
 */
record RunFolder(Path folder) {
    /** What was learned. */
    Path adapter() {
        return folder.resolve("adapter.safetensors");
    }

    Path metrics() {
        return folder.resolve("metrics.csv");
    }

    Path report() {
        return folder.resolve("report.html");
    }

    Path config() {
        return folder.resolve("config.json");
    }

    private Path progress() {
        return folder.resolve("checkpoint");
    }

    /** What the run that is on its way was asked for. */
    Path begunConfig() {
        return progress().resolve("config.json");
    }

    /** The converted network before the first step. */
    Path start() {
        return progress().resolve("start.safetensors");
    }

    /** Where training stands. */
    Path state() {
        return progress().resolve("state.safetensors");
    }

    /** The epochs so far. */
    Path metricsSoFar() {
        return progress().resolve("metrics.csv");
    }

    /** Checks that a new run may use the folder; it may hold other things, but no run. */
    void checkFree(boolean overwrite) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new InputException("-o " + folder + ": it is a file; a folder is needed");
        }
        List<Path> results = List.of(adapter(), metrics(), report(), config(), state());
        if (!overwrite && results.stream().anyMatch(Files::exists)) {
            throw new InputException("-o " + folder + ": it holds an earlier run; go on with it (--resume " + folder
                    + "), replace it (--overwrite) or name another folder");
        }
    }

    /** Checks that there is a run to go on with. */
    void checkBegun() {
        if (!Files.isRegularFile(begunConfig())) {
            throw new InputException("--resume " + folder + ": there is no run in it to go on with");
        }
    }

    /** Makes the folders; an earlier run's checkpoint is dropped, its results stay until there are new ones. */
    void begin() {
        try {
            drop();
            Files.createDirectories(progress());
        } catch (IOException e) {
            throw new InputException("-o " + folder + ": the folder cannot be made: " + e.getMessage(), e);
        }
    }

    /** After a failure before the first checkpoint: leaves nothing of the run. */
    void abandon() {
        if (!Files.exists(state())) {
            drop();
            try (Stream<Path> rest = Files.list(folder)) {
                if (rest.findAny().isEmpty()) {
                    Files.delete(folder);
                }
            } catch (IOException e) {
                // There is no folder, or it is somebody else's by now.
                return;
            }
        }
    }

    /** Deletes what a run leaves in the checkpoint's folder, and the folder if nothing else is in it: it may be somebody else's. */
    private void drop() {
        List<Path> ours =
                List.of(state(), Checkpoint.previous(state()), start(), metricsSoFar(), begunConfig(), progress());
        try {
            for (Path path : ours) {
                Files.deleteIfExists(path);
            }
        } catch (DirectoryNotEmptyException othersToo) {
            // What is left is not ours to delete.
            return;
        } catch (IOException e) {
            throw new FailureException(progress() + ": it cannot be deleted: " + e.getMessage(), e);
        }
    }
}
