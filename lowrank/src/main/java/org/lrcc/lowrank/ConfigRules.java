package org.lrcc.lowrank;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;

/** Which values of options are allowed, and which options of a configuration go together. */
final class ConfigRules {
    private ConfigRules() {}

    /** Throws where options contradict each other. */
    static void check(LowRankConfig c) {
        exclusive(c);
        Density density = c.density();
        boolean lora = c.mode() == TuneMode.LORA;
        require(lora || c.init() == Init.KAIMING, "init", "given only in mode lora_mode", c.mode());
        require(lora || c.alpha() == null, "alpha", "given only in mode lora_mode", c.mode());
        require(lora || !c.rsLora(), "rsLora", "given only in mode lora_mode", c.mode());
        require(lora || !c.dora(), "dora", "given only in mode lora_mode", c.mode());
        require(!c.dora() || c.dropout() == 0, "adapter dropout", "0 together with dora", c.dropout());
        require(lora || c.dropout() == 0, "adapter dropout", "given only in mode lora_mode", c.mode());
        require(!c.rsLora() || c.alpha() != null, "rsLora", "given together with alpha", "no alpha");
        require(
                c.mode().decomposes() || c.balance() == Balance.V,
                "balance",
                "given only in modes that decompose",
                c.mode());
        require(
                c.mode().decomposes() || c.sparse() == SparseForm.AUTO,
                "sparse form",
                "given only in modes that decompose",
                c.mode());
        require(
                !c.noSparse() || c.sparse() == SparseForm.AUTO,
                "sparse form",
                "given only with a sparse part",
                "no sparse");
        require(c.mode().trainsS() || c.l1() == 0, "l1", "given only in modes that train S", c.mode());
        require(
                !(c.noSparse() && c.mode() == TuneMode.FIX_LOW_RANK),
                "no sparse",
                "off in a mode that trains only S",
                c.mode());
        require(
                !c.noSparse() || c.reassignSparsity() == null,
                "reassign sparsity",
                "given only with a sparse part",
                "no sparse");
        require(!c.noSparse() || density == null, "density", "given only with a sparse part", "no sparse");
        require(!lora || density == null, "density", "given only in modes that decompose", c.mode());
        require(
                density == null || c.reassignSparsity() == null,
                "reassign sparsity",
                "given without a density, which deals S out too",
                density == null ? "" : density.value());
        require(c.mode().trainsU() || c.rateU() == 1, "rate of U", "given only in modes that train U", c.mode());
        require(c.mode().trainsS() || c.rateS() == 1, "rate of S", "given only in modes that train S", c.mode());
    }

    /** Throws where a configuration names both what to convert and what to ignore; else returns it. */
    static LowRankConfig exclusive(LowRankConfig c) {
        if (!c.convert().isEmpty() && !c.ignore().isEmpty()) {
            throw new InputException("convert " + c.convert() + " and ignore " + c.ignore() + " exclude each other");
        }
        return c;
    }

    /** Patterns as a list; throws where there is none, or a blank one. */
    static List<String> patterns(String option, String... patterns) {
        require(patterns.length > 0, option, "given a pattern", "none");
        for (@Nullable String pattern : patterns) {
            require(pattern != null && !pattern.isBlank(), option, "given patterns that are not blank", "one that is");
        }
        return List.of(patterns);
    }

    static void require(boolean condition, String option, String rule, Object value) {
        if (!condition) {
            throw new InputException(option + ": must be " + rule + ", got " + value);
        }
    }
}
