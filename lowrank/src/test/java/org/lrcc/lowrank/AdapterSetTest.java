package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.AdapterSet.Form;
import org.lrcc.nn.network.Heads;
import org.lrcc.nn.network.Model;

/** Several adapters over one base, from several threads. */
class AdapterSetTest {
    @TempDir
    private Path folder;

    private static Model adapted(Model base, TuneMode mode, long seed) {
        LowRankConfig config = LowRankConfig.of(mode).steps(3).lambda(0.1).seed(seed);
        return Nets.trained(LowRank.convert(base, config));
    }

    private static Tensor input(int batch, int seed) {
        return Tensor.of(Nets.values(batch * 3 * 12 * 12, seed, 1, 1), batch, 3, 12, 12);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void computesWhatTheAdaptersModelDoes(Form form) {
        Model base = Nets.model();
        Path file = folder.resolve("a.safetensors");
        Model other = LowRank.convert(
                Heads.replace(base, List.of("left", "right"), 4),
                LowRankConfig.of(TuneMode.LORA).rank(2));
        Adapters.save(Nets.trained(other), file);
        try (AdapterSet set = new AdapterSet(base)) {
            set.add("file", file, form);
            for (TuneMode mode : List.of(TuneMode.LORA, TuneMode.TUNE_U_S, TuneMode.FULL)) {
                Model model = adapted(base, mode, 1);
                set.add(mode.label(), model, form);
                GoldenCases.assertClose(mode + " " + form, set.run(mode.label(), Nets.input()), Nets.logits(model));
            }
            assertThat(set.run("file", input(3, 1)).shape().sizes()).containsExactly(3, 2);
            assertThat(set.info("file").classes()).containsExactly("left", "right");
            assertThat(set.names()).isEqualTo(Set.of("file", "full", "lora_mode", "tune_U_S"));
        }
    }

    @Test
    void unmergedAdaptersShareTheBase() {
        Model base = Nets.model();
        try (AdapterSet set = new AdapterSet(base)) {
            LowRankConfig small =
                    LowRankConfig.of(TuneMode.LORA).rank(1).freeze("bn").ignore("layer2.conv2");
            set.add("unmerged", LowRank.convert(base, small.fix("layer2")), Form.UNMERGED);
            set.add("merged", LowRank.convert(base, small.fix("layer2")), Form.MERGED);
            long all = base.state().names().stream()
                    .mapToLong(name -> base.state().get(name).elements())
                    .sum();
            assertThat(set.ownElements("merged")).isEqualTo(all);
            assertThat(set.ownElements("unmerged")).isLessThan(all / 5);
        }
    }

    @Test
    void whatIsKeptOfTheLastAdapterServesThatOneAlone() {
        Model base = Nets.model();
        Model one = adapted(base, TuneMode.LORA, 1);
        Model two = adapted(base, TuneMode.TUNE_U_S, 2);
        try (AdapterSet set = new AdapterSet(base)) {
            set.add("a", one, Form.UNMERGED);
            set.add("b", two, Form.UNMERGED);
            float[] a = set.run("a", Nets.input()).toFloats();
            GoldenCases.assertClose(
                    "a", Tensor.of(a, 1, a.length), Nets.logits(one).reshape(1, a.length));
            assertThat(set.run("a", Nets.input()).toFloats()).isEqualTo(a);
            float[] b = set.run("b", Nets.input()).toFloats();
            assertThat(b).isNotEqualTo(a);
            assertThat(set.run("a", Nets.input()).toFloats()).isEqualTo(a);
            set.add("a", two, Form.UNMERGED);
            assertThat(set.run("a", Nets.input()).toFloats()).isEqualTo(b);
            set.remove("a");
            set.add("a", one, Form.UNMERGED);
            assertThat(set.run("a", Nets.input()).toFloats()).isEqualTo(a);
        }
    }

    /** The processor's, which does something whenever a session is opened: a request has found its adapter by then, and not its weights yet. */
    private static Backend hooked(Runnable onOpen) {
        return (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("open")) {
                        onOpen.run();
                    }
                    return method.invoke(Backends.named("cpu"), arguments);
                });
    }

    @Test
    void nothingIsKeptOfAnAdapterThatGoesWhileARequestIsUnderWay() {
        Model base = Nets.model();
        Model one = adapted(base, TuneMode.LORA, 1);
        Model two = adapted(base, TuneMode.LORA, 2);
        for (Consumer<AdapterSet> goes : List.<Consumer<AdapterSet>>of(
                set -> set.remove("a"), set -> set.add("a", two, Form.UNMERGED), AdapterSet::close)) {
            AtomicReference<AdapterSet> served = new AtomicReference<>();
            try (AdapterSet set = new AdapterSet(base, hooked(() -> goes.accept(served.get())))) {
                served.set(set);
                set.add("a", one, Form.UNMERGED);
                assertThat(set.run("a", Nets.input()).shape().size(0)).isEqualTo(2);
                assertThat(set.composed()).isNull();
            }
        }
        try (AdapterSet set = new AdapterSet(base)) {
            set.add("a", one, Form.UNMERGED);
            set.run("a", Nets.input());
            assertThat(set.composed()).isSameAs(one);
        }
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void underLoadEachRequestGetsTheBitsOfALoneOne(Form form) throws Exception {
        Model base = Nets.model();
        Map<String, float[]> alone = new HashMap<>();
        try (AdapterSet set = new AdapterSet(base)) {
            for (int i = 0; i < 4; i++) {
                set.add("a" + i, adapted(base, i % 2 == 0 ? TuneMode.LORA : TuneMode.TUNE_U_S, i), form);
                for (int batch = 1; batch <= 3; batch++) {
                    alone.put(
                            "a" + i + batch,
                            set.run("a" + i, input(batch, batch)).toFloats());
                }
            }
            ExecutorService pool = Executors.newFixedThreadPool(8);
            List<Future<?>> requests = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                String name = "a" + i % 4;
                int batch = 1 + i % 3;
                boolean replaces = i % 50 == 7;
                requests.add(pool.submit(() -> {
                    if (replaces) {
                        // A new one of the same bits, while others run the old one.
                        set.add("a1", adapted(base, TuneMode.TUNE_U_S, 1), form);
                    }
                    assertThat(set.run(name, input(batch, batch)).toFloats()).isEqualTo(alone.get(name + batch));
                }));
            }
            pool.shutdown();
            assertThat(pool.awaitTermination(2, TimeUnit.MINUTES)).isTrue();
            for (Future<?> request : requests) {
                request.get();
            }
        }
    }

    @Test
    void plansOfManySizesAreNotKeptForEver() {
        Model base = Nets.model();
        try (AdapterSet set = new AdapterSet(base)) {
            set.add("one", adapted(base, TuneMode.LORA, 1), Form.MERGED);
            for (int i = 0; i < AdapterSet.MOST_PLANS + 9; i++) {
                Tensor x = Tensor.of(new float[3 * 12 * (12 + i)], 1, 3, 12, 12 + i);
                assertThat(set.run("one", x).shape().size(0)).isEqualTo(1);
                assertThat(set.plans("one")).isBetween(1, AdapterSet.MOST_PLANS);
            }
            assertThat(set.plans("one")).isEqualTo(9);
        }
    }

    @Test
    void unknownNamesForeignFilesAndClosedSetsAreRefused() {
        Model base = Nets.model();
        AdapterSet set = new AdapterSet(base);
        set.add("one", adapted(base, TuneMode.LORA, 1), Form.UNMERGED);
        assertThatThrownBy(() -> set.run("two", Nets.input()))
                .isInstanceOf(InputException.class)
                .hasMessage("adapter set: there is no adapter two; there are [one]");
        assertThatThrownBy(() -> set.run("one", Tensor.of(new float[9], 3, 3))).isInstanceOf(InputException.class);
        assertThat(set.run("one", Nets.input()).shape().size(0)).isEqualTo(2);
        set.remove("one");
        assertThatThrownBy(() -> set.remove("one")).isInstanceOf(InputException.class);
        Model changed = Nets.model();
        changed.state().update("conv1.weight", Tensor.of(Nets.values(8 * 27, 1, 1, 1), 8, 3, 3, 3));
        Path file = folder.resolve("foreign");
        Adapters.save(LowRank.convert(changed, LowRankConfig.of(TuneMode.LORA)), file);
        assertThatThrownBy(() -> set.add("foreign", file, Form.MERGED))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("belongs to a base");
        set.add("one", adapted(base, TuneMode.LORA, 1), Form.UNMERGED);
        set.close();
        assertThatThrownBy(() -> set.run("one", Nets.input()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("closed");
    }
}
