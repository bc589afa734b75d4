package org.lrcc.nn.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.InputException;

/** Labelled images on the disk: paths, and for each the index of its class. Immutable; it holds no pixels. */
public final class Dataset {
    private final String name;
    private final List<String> classes;
    private final List<Path> paths;
    private final int[] labels;

    /**
     * A data set of these images.
     *
     * @param name what to call it in messages: the folder or list it was read from
     * @param classes names, in the order of their indices
     * @param paths of the images, at least one
     * @param labels for each image the index of its class
     */
    public Dataset(String name, List<String> classes, List<Path> paths, int... labels) {
        if (paths.isEmpty()) {
            throw new InputException("data set " + name + ": it has no image");
        }
        if (paths.size() != labels.length) {
            throw new InputException(
                    "data set " + name + ": " + paths.size() + " images, but " + labels.length + " labels");
        }
        for (int label : labels) {
            if (label < 0 || label >= classes.size()) {
                throw new InputException(
                        "data set " + name + ": label " + label + " of " + classes.size() + " classes");
            }
        }
        this.name = name;
        this.classes = List.copyOf(classes);
        this.paths = List.copyOf(paths);
        this.labels = labels.clone();
    }

    /** The folder or list this was read from. */
    public String name() {
        return name;
    }

    /** Names of the classes, in the order of their indices. */
    public List<String> classes() {
        return classes;
    }

    /** Number of images. */
    public int size() {
        return labels.length;
    }

    /** File of an image. */
    public Path path(int index) {
        return paths.get(index);
    }

    /** Class of an image, an index into {@link #classes()}. */
    public int label(int index) {
        return labels[index];
    }

    /** Number of images of each class. */
    public int[] counts() {
        int[] counts = new int[classes.size()];
        for (int label : labels) {
            counts[label]++;
        }
        return counts;
    }

    /**
     * The same images with their labels as indices into other classes, by name: a test set on the classes of training.
     *
     * @throws InputException if an image's class is not among them
     */
    public Dataset withClasses(List<String> others) {
        if (others.equals(classes)) {
            return this;
        }
        Map<String, Integer> indices = new HashMap<>();
        for (String other : others) {
            indices.putIfAbsent(other, indices.size());
        }
        if (indices.size() != others.size()) {
            throw new InputException("data set " + name + ": the classes to map it on have a name twice");
        }
        int[] mapped = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            String own = classes.get(labels[i]);
            Integer index = indices.get(own);
            if (index == null) {
                throw new InputException("data set " + name + ": class " + own + " is not among the " + others.size()
                        + " known classes");
            }
            mapped[i] = index;
        }
        return new Dataset(name, others, paths, mapped);
    }

    /** The images at these indices, in this order, with the same classes. */
    public Dataset subset(int... indices) {
        List<Path> chosen = new ArrayList<>(indices.length);
        int[] chosenLabels = new int[indices.length];
        for (int i = 0; i < indices.length; i++) {
            chosen.add(paths.get(indices[i]));
            chosenLabels[i] = labels[indices[i]];
        }
        return new Dataset(name, classes, chosen, chosenLabels);
    }

    /** Two parts of a data set. */
    public record Split(Dataset rest, Dataset heldOut) {}

    /**
     * Holds out a share of the images of every class, chosen at random: {@code fraction} of them, rounded, but at least one of a class
     * with two or more, and never all of a class.
     *
     * @param fraction in (0, 1)
     * @throws InputException if no class has two images
     */
    public Split split(double fraction, long seed) {
        if (!(fraction > 0 && fraction < 1)) {
            throw new InputException("split of " + name + ": the fraction must be between 0 and 1, got " + fraction);
        }
        StratifiedSplit split = StratifiedSplit.of(labels, classes.size(), fraction, seed);
        if (split.heldOut().length == 0) {
            throw new InputException("split of " + name + ": no class has a second image to hold out");
        }
        return new Split(subset(split.rest()), subset(split.heldOut()));
    }

    @Override
    public String toString() {
        return "Dataset[" + name + ", " + size() + " images, " + classes.size() + " classes]";
    }
}
