package io.spendguard.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WeakIdentityMapTest {
    @Test
    void get_equalButOtherObject_findsNothing() {
        WeakIdentityMap<List<String>, String> map = new WeakIdentityMap<>();
        List<String> key = new ArrayList<>(List.of("a"));
        map.put(key, "value");

        assertThat(map.get(key)).isEqualTo("value");
        assertThat(map.get(new ArrayList<>(List.of("a")))).isNull();
    }

    @Test
    void put_forgetsObjectsThatAreGone() {
        WeakIdentityMap<Object, String> map = new WeakIdentityMap<>();
        Object kept = new Object();
        map.put(kept, "kept");
        for (int i = 0; i < 100; i++) {
            map.put(new Object(), "gone");
        }

        for (int tries = 0; tries < 200 && map.size() > 2; tries++) {
            System.gc();
            map.put(kept, "kept");
        }

        assertThat(map.size()).isLessThanOrEqualTo(2);
        assertThat(map.get(kept)).isEqualTo("kept");
    }
}
