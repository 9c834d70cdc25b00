package io.spendguard.contract;

import io.spendguard.model.Period;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** When a budget's limit starts anew. Pure; the ledger's clock says what time it is. */
public sealed interface WindowSpec {
    /** The window that holds the instant. Windows of one spec neither overlap nor leave gaps. */
    Period period(Instant now);

    /** Tells whether every run has a limit of its own. */
    default boolean perRun() {
        return false;
    }

    /**
     * One window for each day of a zone's calendar: 23 or 25 hours long when clocks change, and starting at the first
     * moment of the day where midnight does not exist.
     *
     * @param zone the calendar's zone
     */
    record CalendarDay(ZoneId zone) implements WindowSpec {
        /** Checks that the zone is present. */
        public CalendarDay {
            Objects.requireNonNull(zone, "zone");
        }

        @Override
        public Period period(Instant now) {
            return calendar(now, zone, day -> day, day -> day.plusDays(1));
        }
    }

    /**
     * One window for each ISO week of a zone's calendar, from Monday's first moment on.
     *
     * @param zone the calendar's zone
     */
    record CalendarWeek(ZoneId zone) implements WindowSpec {
        /** Checks that the zone is present. */
        public CalendarWeek {
            Objects.requireNonNull(zone, "zone");
        }

        @Override
        public Period period(Instant now) {
            return calendar(
                    now,
                    zone,
                    day -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)),
                    monday -> monday.plusWeeks(1));
        }
    }

    /**
     * One window for each month of a zone's calendar.
     *
     * @param zone the calendar's zone
     */
    record CalendarMonth(ZoneId zone) implements WindowSpec {
        /** Checks that the zone is present. */
        public CalendarMonth {
            Objects.requireNonNull(zone, "zone");
        }

        @Override
        public Period period(Instant now) {
            return calendar(now, zone, day -> day.withDayOfMonth(1), first -> first.plusMonths(1));
        }
    }

    /**
     * One window from each anchor day until the next month's. In a month that has no such day, its last day is the anchor:
     * a cycle of the 31st starts on 28 or 29 February and on 31 March again.
     *
     * @param anchorDay the day of the month a cycle starts on, 1 to 31
     * @param zone the calendar's zone
     */
    record BillingCycle(int anchorDay, ZoneId zone) implements WindowSpec {
        /** Refuses a day no month has with {@link IllegalArgumentException}. */
        public BillingCycle {
            Objects.requireNonNull(zone, "zone");
            if (anchorDay < 1 || anchorDay > 31) {
                throw new IllegalArgumentException(
                        "Billing cycle starts on day " + anchorDay + ": a month has days 1 to 31. Choose one of them.");
            }
        }

        @Override
        public Period period(Instant now) {
            return calendar(
                    now,
                    zone,
                    day -> {
                        LocalDate start = start(YearMonth.from(day));
                        return day.isBefore(start) ? start(YearMonth.from(day).minusMonths(1)) : start;
                    },
                    start -> start(YearMonth.from(start).plusMonths(1)));
        }

        private LocalDate start(YearMonth month) {
            return month.atDay(Math.min(anchorDay, month.lengthOfMonth()));
        }
    }

    /**
     * What is spent counts for the length of the window after it, wherever the window's edges are: no span of that length
     * ever holds more than the limit. Time is cut into buckets, counted from 1970 in UTC; what was taken in one counts until
     * a whole length has passed since the bucket's end, so for one bucket longer than the length at most.
     *
     * @param length how long what is spent counts
     * @param buckets how many buckets the length is cut into; more of them forget more evenly
     */
    record Rolling(Duration length, int buckets) implements WindowSpec {
        /** The most buckets a window has: each is a row of its own while it counts. */
        public static final int MAX_BUCKETS = 100;

        /** Refuses buckets that are not whole seconds with {@link IllegalArgumentException}. */
        public Rolling {
            Objects.requireNonNull(length, "length");
            if (buckets < 1
                    || buckets > MAX_BUCKETS
                    || !length.equals(Duration.ofSeconds(length.toSeconds()))
                    || length.toSeconds() <= 0
                    || length.toSeconds() % buckets != 0) {
                throw new IllegalArgumentException("Rolling window of " + length + " in " + buckets
                        + " buckets: 1 to " + MAX_BUCKETS
                        + " buckets of whole seconds are allowed. Choose a length their number divides.");
            }
        }

        /** All of time: the limit never starts anew, it is what counts against it that ends. */
        @Override
        public Period period(Instant now) {
            return Period.ALWAYS;
        }

        /** The bucket that holds the instant. */
        public Period bucket(Instant now) {
            long seconds = length.toSeconds() / buckets;
            long from = Math.multiplyExact(Math.floorDiv(now.getEpochSecond(), seconds), seconds);
            return new Period(Instant.ofEpochSecond(from), Instant.ofEpochSecond(Math.addExact(from, seconds)));
        }

        /** What was taken in buckets that ended by then counts no longer. */
        public Instant countsSince(Instant now) {
            return now.minus(length);
        }
    }

    /** One window for each run, from its first action on, without end. */
    record PerRun() implements WindowSpec {
        @Override
        public Period period(Instant now) {
            return Period.ALWAYS;
        }

        @Override
        public boolean perRun() {
            return true;
        }
    }

    /** One window without end: the limit is all there will ever be, until it is raised. */
    record Total() implements WindowSpec {
        @Override
        public Period period(Instant now) {
            return Period.ALWAYS;
        }
    }

    /** The window of a calendar: from the first day of one to the first of the next, each at its day's first moment. */
    private static Period calendar(
            Instant now, ZoneId zone, UnaryOperator<LocalDate> first, UnaryOperator<LocalDate> next) {
        LocalDate start = first.apply(now.atZone(zone).toLocalDate());
        LocalDate second = next.apply(start);
        Instant end = second.atStartOfDay(zone).toInstant();
        // Where clocks go back across midnight, the calendar shows the old date once more after the new day began.
        // That time belongs to the new day's window, so that windows stay in one piece.
        return now.isBefore(end)
                ? new Period(start.atStartOfDay(zone).toInstant(), end)
                : new Period(end, next.apply(second).atStartOfDay(zone).toInstant());
    }
}
