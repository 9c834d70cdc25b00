package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class TestClockTest {
    private final TestClock clock = TestClock.create();

    @Test
    void instant_unmoved_standsStill() {
        assertThat(clock.instant()).isEqualTo(Instant.parse("2026-11-23T12:00:00Z"));
        assertThat(clock).hasToString("TestClock[2026-11-23T12:00:00Z]");
    }

    @Test
    void advance_movesByTheStep() {
        clock.advance(Duration.ofHours(12));
        clock.advance(Duration.ofSeconds(-1));

        assertThat(clock.instant()).isEqualTo(Instant.parse("2026-11-23T23:59:59Z"));
    }

    @Test
    void withZone_otherZone_keepsTheSameHands() {
        TestClock inTokyo = clock.withZone(ZoneId.of("Asia/Tokyo"));
        clock.set(Instant.parse("2027-01-01T00:00:00Z"));

        assertThat(inTokyo.instant()).isEqualTo(Instant.parse("2027-01-01T00:00:00Z"));
        assertThat(inTokyo.getZone()).isEqualTo(ZoneId.of("Asia/Tokyo"));
    }
}
