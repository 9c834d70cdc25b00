package io.spendguard.model;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** UUIDv7 (RFC 9562 §5.7) with 12 bits of sub-millisecond counter, so that ids of one source never step back. */
final class TimeOrderedIds implements IdSource {
    static final TimeOrderedIds SYSTEM = new TimeOrderedIds(Clock.systemUTC(), new SecureRandom());

    private static final int COUNTER_BITS = 12;
    private final Clock clock;
    private final RandomGenerator random;
    /** Milliseconds shifted left by the counter's width, plus the counter: one number that only grows. */
    private final AtomicLong last = new AtomicLong();

    TimeOrderedIds(Clock clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    @Override
    public UUID next() {
        long now = clock.millis() << COUNTER_BITS;
        long tick = last.updateAndGet(previous -> Math.max(previous + 1, now));
        long millis = tick >>> COUNTER_BITS;
        long counter = tick & ((1 << COUNTER_BITS) - 1);
        long high = (millis << 16) | 0x7000L | counter;
        long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }
}
