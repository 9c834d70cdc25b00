package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class UuidMapTest {
    @Test
    void put_manyIds_keepsWhatAHashMapKeeps() {
        Random random = new Random(20261126);
        Map<UUID, Integer> expected = new HashMap<>();
        UuidMap<Integer> map = new UuidMap<>();

        for (int i = 0; i < 50_000; i++) {
            UUID id = new UUID(random.nextInt(200), random.nextInt(200)); // many of them twice, and all zero as well
            assertThat(map.get(id)).isEqualTo(expected.get(id));
            assertThat(map.put(id, i)).isEqualTo(expected.put(id, i));
        }

        Map<UUID, Integer> kept = new HashMap<>();
        map.forEach(kept::put);
        assertThat(kept).isEqualTo(expected);
        assertThat(map.size()).isEqualTo(expected.size());
    }
}
