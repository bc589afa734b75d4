package org.lrcc.lowrank;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;

/**
 * What a converted model remembers of its making, among its metadata: the configuration and the base's fingerprint, from which a saved adapter knows what it
 * stands on and what differs.
 */
record Provenance(LowRankConfig config, Fingerprint base) {
    private static final String CONFIG = "lrcc.lowrank.config";
    private static final String BASE = "lrcc.lowrank.base";

    static ModelInfo put(ModelInfo info, LowRankConfig config, Fingerprint base) {
        Map<String, String> extra = new HashMap<>(info.extra());
        extra.put(CONFIG, config.toJson());
        extra.put(BASE, base.toJson());
        return new ModelInfo(info.classes(), info.preprocessing(), extra);
    }

    /** The information without what {@link #put} added. */
    static ModelInfo strip(ModelInfo info) {
        Map<String, String> extra = new HashMap<>(info.extra());
        extra.remove(CONFIG);
        extra.remove(BASE);
        return new ModelInfo(info.classes(), info.preprocessing(), extra);
    }

    /** The information with another's provenance. */
    static ModelInfo copy(ModelInfo info, ModelInfo from) {
        Map<String, String> extra = new HashMap<>(info.extra());
        from.extra().forEach((key, value) -> {
            if (key.equals(CONFIG) || key.equals(BASE)) {
                extra.put(key, value);
            }
        });
        return new ModelInfo(info.classes(), info.preprocessing(), extra);
    }

    /** A model's provenance; throws where it has none. */
    static Provenance of(Model model) {
        @Nullable String config = model.info().extra().get(CONFIG);
        @Nullable String base = model.info().extra().get(BASE);
        if (config == null || base == null) {
            throw new InputException("adapter: the model was not converted, so it has no base to differ from");
        }
        return new Provenance(LowRankConfig.fromJson(config), Fingerprint.fromJson(base));
    }
}
