package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BoundedCacheTest {
    private final BoundedCache<String, long[]> cache = new BoundedCache<>(1000, array -> 8L * array.length);

    @Test
    void whatWasUsedLongestAgoGoesFirst() {
        cache.put("a", new long[50]);
        cache.put("b", new long[50]);
        assertThat(cache.get("a")).isNotNull();
        cache.put("c", new long[50]);
        assertThat(cache.get("b")).isNull();
        assertThat(cache.get("a")).isNotNull();
        assertThat(cache.get("c")).isNotNull();
        assertThat(cache.bytes()).isEqualTo(800);
    }

    @Test
    void theNewestIsKeptHoweverLarge() {
        cache.put("a", new long[50]);
        cache.put("large", new long[500]);
        assertThat(cache.get("large")).hasSize(500);
        assertThat(cache.get("a")).isNull();
        cache.put("a", new long[50]);
        assertThat(cache.get("large")).isNull();
        assertThat(cache.bytes()).isEqualTo(400);
    }

    @Test
    void aValueThatIsReplacedCountsOnce() {
        cache.put("a", new long[50]);
        cache.put("a", new long[60]);
        assertThat(cache.bytes()).isEqualTo(480);
    }
}
