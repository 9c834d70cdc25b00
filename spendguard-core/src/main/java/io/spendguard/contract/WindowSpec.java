package io.spendguard.contract;

import io.spendguard.model.Period;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Objects;

/** When a budget's limit starts anew. Pure; the ledger's clock says what time it is. */
public sealed interface WindowSpec {
    /** The window that holds the instant. Windows of one spec neither overlap nor leave gaps. */
    Period period(Instant now);

    /** Tells whether every run has a limit of its own. */
    boolean perRun();

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
            LocalDate day = now.atZone(zone).toLocalDate();
            // Where clocks go back across midnight, the calendar shows the old date once more after the new day began.
            // That time belongs to the new day's window, so that windows stay in one piece.
            Instant next = start(day.plusDays(1));
            return now.isBefore(next) ? new Period(start(day), next) : new Period(next, start(day.plusDays(2)));
        }

        @Override
        public boolean perRun() {
            return false;
        }

        private Instant start(LocalDate day) {
            return day.atStartOfDay(zone).toInstant();
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
}
