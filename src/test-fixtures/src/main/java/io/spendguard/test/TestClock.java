package io.spendguard.test;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/** A clock that stands still until the test moves it. Safe for any number of threads. */
public final class TestClock extends Clock {
    /** Where a clock stands that nobody has set: noon, so that a few hours more or less stay on the day. */
    public static final Instant START = Instant.parse("2026-11-23T12:00:00Z");

    private final AtomicReference<Instant> now;
    private final ZoneId zone;

    private TestClock(AtomicReference<Instant> now, ZoneId zone) {
        this.now = now;
        this.zone = zone;
    }

    /** A clock that stands at {@link #START}. */
    public static TestClock create() {
        return at(START);
    }

    /** A clock that stands at that moment. */
    public static TestClock at(Instant start) {
        return new TestClock(new AtomicReference<>(Objects.requireNonNull(start, "start")), ZoneOffset.UTC);
    }

    /** Moves on by so much, and back when it is negative. */
    public void advance(Duration step) {
        now.updateAndGet(before -> before.plus(step));
    }

    /** Moves to that moment. */
    public void set(Instant moment) {
        now.set(Objects.requireNonNull(moment, "moment"));
    }

    @Override
    public Instant instant() {
        return now.get();
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    /** The same hands in another zone: moving one moves the other. */
    @Override
    public TestClock withZone(ZoneId other) {
        return new TestClock(now, Objects.requireNonNull(other, "other"));
    }

    @Override
    public String toString() {
        return "TestClock[" + now.get() + "]";
    }
}
