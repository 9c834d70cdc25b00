package io.spendguard.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IdSourceTest {
    @Test
    void timeOrdered_clockStandsStill_stillIncreases() {
        Clock frozen = Clock.fixed(Instant.parse("2026-11-23T10:15:30Z"), ZoneOffset.UTC);
        IdSource ids = IdSource.timeOrdered(frozen, new Random(1));

        var made = IntStream.range(0, 10_000).mapToObj(i -> ids.next()).toList();

        assertThat(made.stream().map(UUID::toString)).isSorted().doesNotHaveDuplicates();
        assertThat(made).allMatch(id -> id.version() == 7 && id.variant() == 2);
        assertThat(made.get(0).getMostSignificantBits() >>> 16)
                .isEqualTo(Instant.parse("2026-11-23T10:15:30Z").toEpochMilli());
    }
}
