package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.Period;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowSpecTest {
    @ParameterizedTest
    @CsvSource({
        // zone, an instant, from, until, hours
        "UTC, 2026-11-23T00:00:00Z, 2026-11-23T00:00:00Z, 2026-11-24T00:00:00Z, 24",
        "UTC, 2026-11-23T23:59:59.999999999Z, 2026-11-23T00:00:00Z, 2026-11-24T00:00:00Z, 24",
        "Europe/Berlin, 2026-03-29T12:00:00Z, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z, 23",
        "Europe/Berlin, 2026-10-25T12:00:00Z, 2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z, 25",
        "Asia/Kathmandu, 2026-11-23T18:14:59Z, 2026-11-22T18:15:00Z, 2026-11-23T18:15:00Z, 24",
        "Asia/Kathmandu, 2026-11-23T18:15:00Z, 2026-11-23T18:15:00Z, 2026-11-24T18:15:00Z, 24",
        // Midnight did not exist: the day began at one o'clock.
        "America/Sao_Paulo, 2018-11-04T12:00:00Z, 2018-11-04T03:00:00Z, 2018-11-05T02:00:00Z, 23",
        "Asia/Beirut, 2026-03-29T12:00:00Z, 2026-03-28T22:00:00Z, 2026-03-29T21:00:00Z, 23",
        // Midnight was struck twice: the day begins at the first stroke.
        "America/Havana, 2026-11-01T04:30:00Z, 2026-11-01T04:00:00Z, 2026-11-02T05:00:00Z, 25",
        // At 00:01 clocks went back to 23:01 of the day before, which had ended by then.
        "America/St_Johns, 2010-11-07T02:45:00Z, 2010-11-07T02:30:00Z, 2010-11-08T03:30:00Z, 25",
        // The 30th was skipped altogether.
        "Pacific/Apia, 2011-12-30T09:59:59Z, 2011-12-29T10:00:00Z, 2011-12-30T10:00:00Z, 24",
        "Pacific/Apia, 2011-12-30T10:00:00Z, 2011-12-30T10:00:00Z, 2011-12-31T10:00:00Z, 24",
    })
    void period_calendarDay_followsTheZone(String zone, String now, String from, String until, long hours) {
        Period period = new WindowSpec.CalendarDay(ZoneId.of(zone)).period(Instant.parse(now));

        assertThat(period).isEqualTo(new Period(Instant.parse(from), Instant.parse(until)));
        assertThat(Duration.between(period.from(), period.until())).isEqualTo(Duration.ofHours(hours));
    }

    @Test
    void period_perRun_isAlways() {
        WindowSpec window = new WindowSpec.PerRun();

        assertThat(window.perRun()).isTrue();
        assertThat(window.period(Instant.parse("2026-11-23T00:00:00Z"))).isEqualTo(Period.ALWAYS);
        assertThat(new WindowSpec.CalendarDay(ZoneId.of("UTC")).perRun()).isFalse();
    }

    @Property(tries = 5_000)
    void period_nearAnyChangeOfClocks_holdsTheInstantAndLeavesNoGap(
            @ForAll("transitions") Transition transition,
            @ForAll @LongRange(min = -180_000, max = 180_000) long seconds) {
        WindowSpec window = new WindowSpec.CalendarDay(transition.zone);
        Instant now = transition.at.plusSeconds(seconds);

        Period period = window.period(now);

        assertThat(period.contains(now)).isTrue();
        assertThat(window.period(period.from())).isEqualTo(period);
        assertThat(window.period(period.until()).from()).isEqualTo(period.until());
        assertThat(window.period(period.from().minusNanos(1)).until()).isEqualTo(period.from());
    }

    @Provide
    Arbitrary<Transition> transitions() {
        List<ZoneId> zones = ZoneId.getAvailableZoneIds().stream()
                .sorted()
                .map(ZoneId::of)
                .filter(zone -> !zone.getRules().getTransitions().isEmpty())
                .toList();
        return Arbitraries.of(zones)
                .flatMap(zone -> Arbitraries.of(zone.getRules().getTransitions())
                        .map(ZoneOffsetTransition::getInstant)
                        .map(at -> new Transition(zone, at)));
    }

    record Transition(ZoneId zone, Instant at) {}
}
