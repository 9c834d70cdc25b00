package io.spendguard.model;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Makes ids. Injected wherever an id is needed, so that tests and replays can fix them. */
@FunctionalInterface
public interface IdSource {
    /** A fresh id. Implementations are safe for any number of threads. */
    UUID next();

    /** Time-ordered ids (UUIDv7) from the system's clock and its secure random source. */
    static IdSource system() {
        return TimeOrderedIds.SYSTEM;
    }

    /** Time-ordered ids (UUIDv7) from the given clock and random source; strictly increasing within one source. */
    static IdSource timeOrdered(Clock clock, RandomGenerator random) {
        return new TimeOrderedIds(clock, random);
    }

    /** Time-ordered ids from the given clock and the secure random source. */
    static IdSource timeOrdered(Clock clock) {
        return new TimeOrderedIds(clock, new SecureRandom());
    }
}
