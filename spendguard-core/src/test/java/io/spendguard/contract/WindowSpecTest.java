package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

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
import net.jqwik.api.constraints.IntRange;
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

    @ParameterizedTest
    @CsvSource({
        // Monday to Monday, an hour shorter when clocks go forward.
        "Europe/Berlin, 2026-03-29T21:59:59Z, 2026-03-22T23:00:00Z, 2026-03-29T22:00:00Z, 167",
        "UTC, 2026-01-01T00:00:00Z, 2025-12-29T00:00:00Z, 2026-01-05T00:00:00Z, 168",
    })
    void period_calendarWeek_beginsOnMonday(String zone, String now, String from, String until, long hours) {
        Period period = new WindowSpec.CalendarWeek(ZoneId.of(zone)).period(Instant.parse(now));

        assertThat(period).isEqualTo(new Period(Instant.parse(from), Instant.parse(until)));
        assertThat(Duration.between(period.from(), period.until())).isEqualTo(Duration.ofHours(hours));
    }

    @ParameterizedTest
    @CsvSource({
        "UTC, 2028-02-29T12:00:00Z, 2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
        "UTC, 2026-12-31T23:59:59Z, 2026-12-01T00:00:00Z, 2027-01-01T00:00:00Z",
        "America/New_York, 2026-11-01T03:59:59Z, 2026-10-01T04:00:00Z, 2026-11-01T04:00:00Z",
        // The last of December was skipped altogether: the month ended a day early.
        "Pacific/Kiritimati, 1994-12-31T09:59:59Z, 1994-12-01T10:00:00Z, 1994-12-31T10:00:00Z",
        "Pacific/Kiritimati, 1994-12-31T10:00:00Z, 1994-12-31T10:00:00Z, 1995-01-31T10:00:00Z",
    })
    void period_calendarMonth_beginsOnTheFirst(String zone, String now, String from, String until) {
        Period period = new WindowSpec.CalendarMonth(ZoneId.of(zone)).period(Instant.parse(now));

        assertThat(period).isEqualTo(new Period(Instant.parse(from), Instant.parse(until)));
    }

    @ParameterizedTest
    @CsvSource({
        "15, 2026-03-15T00:00:00Z, 2026-03-15T00:00:00Z, 2026-04-15T00:00:00Z",
        "15, 2026-03-14T23:59:59Z, 2026-02-15T00:00:00Z, 2026-03-15T00:00:00Z",
        // A month without the day begins the cycle on its last, and the next one on the day again.
        "31, 2026-02-28T00:00:00Z, 2026-02-28T00:00:00Z, 2026-03-31T00:00:00Z",
        "31, 2026-02-27T23:59:59Z, 2026-01-31T00:00:00Z, 2026-02-28T00:00:00Z",
        "30, 2028-02-29T00:00:00Z, 2028-02-29T00:00:00Z, 2028-03-30T00:00:00Z",
        "29, 2028-03-01T00:00:00Z, 2028-02-29T00:00:00Z, 2028-03-29T00:00:00Z",
        "31, 2026-01-30T00:00:00Z, 2025-12-31T00:00:00Z, 2026-01-31T00:00:00Z",
    })
    void period_billingCycle_beginsOnTheAnchorOrTheMonthsLastDay(int day, String now, String from, String until) {
        Period period = new WindowSpec.BillingCycle(day, ZoneId.of("UTC")).period(Instant.parse(now));

        assertThat(period).isEqualTo(new Period(Instant.parse(from), Instant.parse(until)));
    }

    @Test
    void billingCycle_onTheThirtySecond_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new WindowSpec.BillingCycle(32, ZoneId.of("UTC")))
                .withMessage("Billing cycle starts on day 32: a month has days 1 to 31. Choose one of them.");
    }

    @Test
    void bucket_rolling_countsFromTheEpochInWholeBuckets() {
        WindowSpec.Rolling window = new WindowSpec.Rolling(Duration.ofHours(24), 24);

        assertThat(window.period(Instant.parse("2026-11-23T00:00:00Z"))).isEqualTo(Period.ALWAYS);
        assertThat(window.bucket(Instant.parse("2026-11-23T13:59:59.999Z")))
                .isEqualTo(new Period(Instant.parse("2026-11-23T13:00:00Z"), Instant.parse("2026-11-23T14:00:00Z")));
        assertThat(window.countsSince(Instant.parse("2026-11-23T13:30:00Z")))
                .isEqualTo(Instant.parse("2026-11-22T13:30:00Z"));
    }

    @Test
    void rolling_bucketsThatAreNoWholeSeconds_areRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new WindowSpec.Rolling(Duration.ofSeconds(10), 3))
                .withMessage("Rolling window of PT10S in 3 buckets: 1 to 100 buckets of whole seconds are allowed."
                        + " Choose a length their number divides.");
    }

    @Test
    void period_total_isAllOfTime() {
        assertThat(new WindowSpec.Total().period(Instant.parse("2026-11-23T00:00:00Z")))
                .isEqualTo(Period.ALWAYS);
        assertThat(new WindowSpec.Total().perRun()).isFalse();
    }

    @Property(tries = 10_000)
    void period_nearAnyChangeOfClocks_holdsTheInstantAndLeavesNoGap(
            @ForAll("transitions") Transition transition,
            @ForAll @IntRange(min = 0, max = 33) int kind,
            @ForAll @LongRange(min = -180_000, max = 180_000) long seconds) {
        WindowSpec window = switch (kind) {
            case 0 -> new WindowSpec.CalendarDay(transition.zone);
            case 32 -> new WindowSpec.CalendarWeek(transition.zone);
            case 33 -> new WindowSpec.CalendarMonth(transition.zone);
            default -> new WindowSpec.BillingCycle(kind, transition.zone);
        };
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
