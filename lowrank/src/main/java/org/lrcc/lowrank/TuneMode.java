package org.lrcc.lowrank;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.lrcc.engine.InputException;

/**
 * What trains. In the first eight modes a convolution's weight is U·V + S (or, in {@link #LORA}, W + U·V with W frozen) and the mode says which of U, V and S train;
 * everything that is not converted trains too. Names are those of the original tool.
 */
public enum TuneMode {
    /** U and V train, S stays. */
    FIX_SPARSE("fix_sparse", true, true, false),
    /** S trains, U and V stay. */
    FIX_LOW_RANK("fix_low_rank", false, false, true),
    /** U trains. */
    TUNE_U("tune_U", true, false, false),
    /** V trains. */
    TUNE_V("tune_V", false, true, false),
    /** U and S train. */
    TUNE_U_S("tune_U_S", true, false, true),
    /** V and S train. */
    TUNE_V_S("tune_V_S", false, true, true),
    /** U, V and S train. */
    TUNE_ALL("tune_all", true, true, true),
    /** W + U·V: W stays, U (from zero) and V train; no decomposition. */
    LORA("lora_mode", true, true, false),
    /** Nothing is converted, everything trains. */
    FULL("full", false, false, false),
    /** Nothing is converted, only the last linear layer trains. */
    HEAD("head", false, false, false);

    private final String label;
    private final boolean trainsU;
    private final boolean trainsV;
    private final boolean trainsS;

    TuneMode(String label, boolean trainsU, boolean trainsV, boolean trainsS) {
        this.label = label;
        this.trainsU = trainsU;
        this.trainsV = trainsV;
        this.trainsS = trainsS;
    }

    /** The mode of this name, letters' case aside; throws {@code InputException} listing the names there are. */
    public static TuneMode parse(String name) {
        for (TuneMode mode : values()) {
            if (mode.label.equalsIgnoreCase(name)) {
                return mode;
            }
        }
        throw new InputException("mode " + name + " is unknown; there are "
                + Arrays.stream(values()).map(TuneMode::label).collect(Collectors.joining(", ")));
    }

    /** The name in files and on the command line: {@code tune_U_S}. */
    public String label() {
        return label;
    }

    /** Whether convolutions are converted at all. */
    public boolean converts() {
        return this != FULL && this != HEAD;
    }

    /** Whether a weight is decomposed into U·V + S (all converting modes but {@link #LORA}). */
    public boolean decomposes() {
        return converts() && this != LORA;
    }

    /** Whether U ({@code lora_B}) trains. */
    public boolean trainsU() {
        return trainsU;
    }

    /** Whether V ({@code lora_A}) trains. */
    public boolean trainsV() {
        return trainsV;
    }

    /** Whether S ({@code sparse_weight}) trains. */
    public boolean trainsS() {
        return trainsS;
    }

    @Override
    public String toString() {
        return label;
    }
}
