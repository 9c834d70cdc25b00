package io.spendguard.model;

import java.time.Instant;
import java.util.Objects;

/**
 * A half-open span of time, {@code from} included and {@code until} excluded.
 *
 * @param from the first instant inside
 * @param until the first instant after
 */
public record Period(Instant from, Instant until) {
    /** All of time that a database can store. */
    public static final Period ALWAYS =
            new Period(Instant.parse("1970-01-01T00:00:00Z"), Instant.parse("9999-12-31T00:00:00Z"));

    /** Refuses an empty or reversed span with {@link IllegalArgumentException}. */
    public Period {
        Objects.requireNonNull(from, "from");
        Objects.requireNonNull(until, "until");
        if (!from.isBefore(until)) {
            throw new IllegalArgumentException(
                    "Period from " + from + " until " + until + " is empty. Give an end after its start.");
        }
    }

    /** Tells whether the instant lies inside. */
    public boolean contains(Instant instant) {
        return !instant.isBefore(from) && instant.isBefore(until);
    }

    /** The time both spans share; throws {@link IllegalArgumentException} when they share none. */
    public Period intersect(Period other) {
        return new Period(
                from.isAfter(other.from) ? from : other.from, until.isBefore(other.until) ? until : other.until);
    }
}
