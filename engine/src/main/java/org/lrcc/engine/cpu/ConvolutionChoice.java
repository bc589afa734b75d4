package org.lrcc.engine.cpu;

import java.util.List;
import java.util.Locale;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.ConvPass;

/**
 * Direct or Winograd convolution, by shape and pass: whichever {@link AlgorithmModel} predicts to be faster, or what
 * {@code -Dlrcc.cpu.conv=direct|winograd|auto} forces. Shapes that Winograd does not cover are always direct.
 */
final class ConvolutionChoice implements Convolution {
    /** Property that forces an algorithm. */
    static final String PROPERTY = "lrcc.cpu.conv";

    /** Leaves the choice to the cost model. */
    static final String AUTO = "auto";

    private enum Mode {
        DIRECT,
        WINOGRAD,
        AUTO
    }

    private final Convolution direct;
    private final Convolution winograd;
    private final AlgorithmModel model;
    private final Mode mode;

    /**
     * Chooses between two algorithms.
     *
     * @param mode direct, winograd or auto
     * @throws InputException if {@code mode} is none of these
     */
    ConvolutionChoice(Convolution direct, Convolution winograd, AlgorithmModel model, String mode) {
        this.direct = direct;
        this.winograd = winograd;
        this.model = model;
        this.mode = parse(mode);
    }

    private static Mode parse(String mode) {
        for (Mode m : Mode.values()) {
            if (m.name().toLowerCase(Locale.ROOT).equals(mode)) {
                return m;
            }
        }
        throw new InputException("-D" + PROPERTY + ": expected direct, winograd or auto, got " + mode);
    }

    /** Whether a pass of this shape is computed by Winograd's algorithm. */
    boolean usesWinograd(ConvShape s, ConvPass pass) {
        return switch (mode) {
            case DIRECT -> false;
            case WINOGRAD -> WinogradGrid.fits(s);
            case AUTO -> model.prefersWinograd(s, pass);
        };
    }

    /** What there is to choose from, with predictions. */
    List<ConvolutionCandidate> candidates(ConvShape s, ConvPass pass) {
        boolean second = usesWinograd(s, pass);
        ConvolutionCandidate first = new ConvolutionCandidate("direct", model.direct(s, pass), !second);
        return WinogradGrid.fits(s)
                ? List.of(first, new ConvolutionCandidate("winograd", model.winograd(s, pass), second))
                : List.of(new ConvolutionCandidate("direct", Double.NaN, true));
    }

    /** The size of Winograd's tiles for a convolution of channels in groups; 0 where it is direct. */
    int groupedTile(ConvShape s) {
        if (mode == Mode.DIRECT || !WinogradGrid.fits(s)) {
            return 0;
        }
        int tile = model.groupedTile(s);
        return mode == Mode.WINOGRAD || model.groupedWinograd(s, tile) < model.groupedDirect(s) ? tile : 0;
    }

    private Convolution algorithm(ConvShape s, ConvPass pass) {
        return usesWinograd(s, pass) ? winograd : direct;
    }

    @Override
    public void forward(ConvShape s, float[] x, int xo, float[] w, int wo, Epilogue epilogue, float[] y, int yo) {
        algorithm(s, ConvPass.FORWARD).forward(s, x, xo, w, wo, epilogue, y, yo);
    }

    @Override
    public void inputGradient(ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        algorithm(s, ConvPass.INPUT_GRADIENT).inputGradient(s, dy, dyo, w, wo, dx, dxo);
    }

    @Override
    public void weightGradient(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        algorithm(s, ConvPass.WEIGHT_GRADIENT).weightGradient(s, x, xo, dy, dyo, dw, dwo);
    }
}
