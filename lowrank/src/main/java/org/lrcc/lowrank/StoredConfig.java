package org.lrcc.lowrank;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;

/** A configuration's form in JSON: what is not set is left out. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY)
record StoredConfig(
        String mode,
        @Nullable Integer rank,
        double rankRatio,
        @Nullable RankGoal rankGoal,
        String layout,
        String method,
        int steps,
        @Nullable Double tolerance,
        double lambda,
        @Nullable Density density,
        @Nullable String balance,
        @Nullable String sparse,
        boolean keepNoise,
        boolean noSparse,
        @Nullable Double reassignSparsity,
        @Nullable List<String> convert,
        @Nullable List<String> ignore,
        @Nullable List<String> fix,
        @Nullable List<String> freeze,
        @Nullable String init,
        @Nullable Double alpha,
        boolean rsLora,
        boolean dora,
        double dropout,
        @Nullable Double rateU,
        @Nullable Double rateS,
        double l1,
        long seed) {
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    static StoredConfig of(LowRankConfig c) {
        return new StoredConfig(
                c.mode().label(),
                c.rank(),
                c.rankRatio(),
                c.rankGoal(),
                c.layout().label(),
                c.method(),
                c.steps(),
                c.tolerance(),
                c.lambda(),
                c.density(),
                c.balance() == Balance.V ? null : c.balance().label(),
                c.sparse() == SparseForm.AUTO ? null : c.sparse().label(),
                c.keepNoise(),
                c.noSparse(),
                c.reassignSparsity(),
                c.convert(),
                c.ignore(),
                c.fix(),
                c.freeze(),
                c.init() == Init.KAIMING ? null : c.init().label(),
                c.alpha(),
                c.rsLora(),
                c.dora(),
                c.dropout(),
                c.rateU() == 1 ? null : c.rateU(),
                c.rateS() == 1 ? null : c.rateS(),
                c.l1(),
                c.seed());
    }

    String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static StoredConfig read(String json) {
        try {
            StoredConfig stored = JSON.readValue(json, StoredConfig.class);
            if (stored == null) {
                throw new InputException("configuration: it is null");
            }
            return stored;
        } catch (JsonProcessingException e) {
            throw new InputException("configuration: " + e.getOriginalMessage(), e);
        }
    }

    LowRankConfig config() {
        if (mode == null || layout == null || method == null) {
            throw new InputException("configuration: mode, layout and method are needed");
        }
        LowRankConfig c = LowRankConfig.of(TuneMode.parse(mode)).rankRatio(rankRatio);
        c = rank == null ? c : c.rank(rank);
        c = rankGoal == null ? c : c.rank(rankGoal);
        c = c.layout(Layout.parse(layout)).method(method).steps(steps).lambda(lambda);
        c = tolerance == null ? c : c.tolerance(tolerance);
        c = density == null ? c : c.density(density);
        c = balance == null ? c : c.balance(Balance.parse(balance));
        c = sparse == null ? c : c.sparse(SparseForm.parse(sparse));
        c = c.keepNoise(keepNoise).noSparse(noSparse);
        c = reassignSparsity == null ? c : c.reassignSparsity(reassignSparsity);
        c = empty(convert) ? c : c.convert(array(convert));
        c = empty(ignore) ? c : c.ignore(array(ignore));
        c = empty(fix) ? c : c.fix(array(fix));
        c = empty(freeze) ? c : c.freeze(array(freeze));
        c = init == null ? c : c.init(Init.parse(init));
        c = alpha == null ? c : c.alpha(alpha);
        c = rateU == null ? c : c.rateU(rateU);
        c = rateS == null ? c : c.rateS(rateS);
        return c.rsLora(rsLora).dora(dora).dropout(dropout).l1(l1).seed(seed);
    }

    private static boolean empty(@Nullable List<String> patterns) {
        return patterns == null || patterns.isEmpty();
    }

    private static String[] array(@Nullable List<String> patterns) {
        return patterns == null ? new String[0] : patterns.toArray(new String[0]);
    }
}
