package org.lrcc.nn.data;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;

/**
 * What training changes about an image each time it is seen. It splits in a part that is the same every time ({@link #prepare}, which a
 * cache may keep) and one that is drawn ({@link #vary}).
 *
 * @param source what the random box is taken of; {@link Source#NONE} keeps the geometry of evaluation
 * @param crop the random box
 * @param flip probability of mirroring left and right
 * @param jitter random colours
 */
public record Augmentation(Source source, RandomResizedCrop crop, double flip, ColorJitter jitter) {
    /** What random boxes are taken of. */
    public enum Source {
        /** No random box: resize and centre crop as in evaluation. */
        NONE,
        /** The central square of the image resized as in evaluation, whole in its short side; all of it if evaluation does not crop. */
        CENTER,
        /** The whole image. */
        WHOLE
    }

    private static final RandomResizedCrop IMAGENET_CROP = RandomResizedCrop.ofArea(0.08, 1);

    /**
     * Images are reduced before random boxes of the whole are taken where they have more than this many times the pixels a side that
     * the smallest box needs; the box is reduced once more, so that no detail of the input is lost.
     */
    private static final double SPARE = 2;

    public Augmentation {
        if (!(flip >= 0 && flip <= 1)) {
            throw new InputException("augmentation: the probability of a flip must be in [0, 1], got " + flip);
        }
    }

    /** Nothing random: evaluation. */
    public static Augmentation none() {
        return new Augmentation(Source.NONE, IMAGENET_CROP, 0, ColorJitter.NONE);
    }

    /** Random boxes of 8 % of the area and more, of ratios 3/4 to 4/3, and flips: torchvision's for training from scratch. */
    public static Augmentation imageNet() {
        return new Augmentation(Source.WHOLE, IMAGENET_CROP, 0.5, ColorJitter.NONE);
    }

    /** Square boxes of 35 % of the area and more, of the resized image's centre, and flips: gentle enough for a few images a class. */
    public static Augmentation fewShot() {
        return new Augmentation(Source.CENTER, RandomResizedCrop.square(0.35, 1), 0.5, ColorJitter.NONE);
    }

    /** The same with random boxes of another source or kind. */
    public Augmentation withCrop(Source newSource, RandomResizedCrop newCrop) {
        return new Augmentation(newSource, newCrop, flip, jitter);
    }

    /** The same with another probability of a flip. */
    public Augmentation withFlip(double probability) {
        return new Augmentation(source, crop, probability, jitter);
    }

    /** The same with other random colours. */
    public Augmentation withJitter(ColorJitter newJitter) {
        return new Augmentation(source, crop, flip, newJitter);
    }

    /** Whether anything is drawn. */
    public boolean isRandom() {
        return source != Source.NONE || flip > 0 || !jitter.equals(ColorJitter.NONE);
    }

    /** The part that is the same each time. */
    public RgbImage prepare(RgbImage image, Preprocessing to) {
        return switch (source) {
            case NONE -> to.fit(image);
            case CENTER -> to.crop() ? center(to.shorten(image)) : reduce(image, to.size());
            case WHOLE -> reduce(image, to.size());
        };
    }

    private static RgbImage center(RgbImage image) {
        return Transforms.centerCrop(image, Math.min(image.width(), image.height()));
    }

    private RgbImage reduce(RgbImage image, int size) {
        int enough = (int) Math.ceil(SPARE * size / Math.sqrt(Math.min(1, crop.areaLow())));
        return Math.min(image.width(), image.height()) > enough ? Transforms.resize(image, enough) : image;
    }

    /**
     * The random part.
     *
     * @param prepared what {@link #prepare} returned
     * @param random a generator of this sample's own, see {@link #generator}; null only if nothing is drawn
     * @return an image of {@code to.size()} x {@code to.size()} pixels
     */
    public RgbImage vary(RgbImage prepared, Preprocessing to, @Nullable Philox random) {
        if (!isRandom()) {
            return prepared;
        }
        if (random == null) {
            throw new IllegalArgumentException("augmentation " + this + " needs random numbers");
        }
        RgbImage image = source == Source.NONE
                ? prepared
                : Transforms.resizedCrop(
                        prepared, crop.draw(prepared.width(), prepared.height(), random::nextDouble), to.size());
        if (random.nextDouble() < flip) {
            image = Transforms.flip(image);
        }
        return jitter.apply(image, random);
    }

    /** The generator for one sample in one epoch: what it draws depends on nothing but these. */
    public static Philox generator(long seed, int epoch, int sample) {
        return new Philox(seed, Philox.stream(Streams.AUGMENT, epoch, sample));
    }
}
