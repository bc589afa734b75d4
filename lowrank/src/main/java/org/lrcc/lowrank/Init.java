package org.lrcc.lowrank;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.lrcc.engine.InputException;

/** How U and V begin in lora_mode. The first two leave the network as it is; so do the others, by taking what U·V adds out of W. */
public enum Init {
    /** U = 0, V uniform within 1 / sqrt(columns): torch's kaiming_uniform_ with a = sqrt(5), the original's. */
    KAIMING,
    /** U = 0, V normal with standard deviation 1 / rank (PEFT's {@code gaussian}). */
    GAUSSIAN,
    /**
     * U·V is W's leading singular part, its singular values shared evenly, and W the rest.
     *
     * <p>Source: F. Meng, Z. Wang, M. Zhang, "PiSSA: principal singular values and singular vectors adaptation of large language models", 2024.
     */
    PISSA,
    /**
     * U holds the first columns of Q, V the first rows of R of W = QR, and W the rest.
     *
     * <p>Source: K. Büyükakyüz, "OLoRA: orthonormal low-rank adaptation of large language models", 2024.
     */
    OLORA;

    /** The initialisation of this name, letters' case aside. */
    public static Init parse(String name) {
        for (Init init : values()) {
            if (init.label().equalsIgnoreCase(name)) {
                return init;
            }
        }
        throw new InputException("init " + name + " is unknown; there are "
                + Arrays.stream(values()).map(Init::label).collect(Collectors.joining(", ")));
    }

    /** The name in files and on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether U·V is taken out of W, which then differs from the base's. */
    public boolean changesBase() {
        return this == PISSA || this == OLORA;
    }
}
