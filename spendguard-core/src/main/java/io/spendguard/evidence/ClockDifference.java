package io.spendguard.evidence;

import io.spendguard.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/**
 * The ledger's clock and a writer's, read one after the other. The writer dates what it decides; the ledger decides windows and expiry.
 *
 * @param ledger what the ledger's clock said
 * @param writer what the writer's said
 * @param age how much later the writer's was read, at most
 */
public record ClockDifference(Instant ledger, Instant writer, Duration age) {
    /**
     * More than clocks differ by that are kept right: one is wrong, or was set. It is a sixth of the minute that certificates and the
     * verifier allow for, so that it is stated before it does harm.
     */
    public static final Duration TOLERANCE = Duration.ofSeconds(10);

    /** Checks that all is there. */
    public ClockDifference {
        Objects.requireNonNull(ledger, "ledger");
        Objects.requireNonNull(writer, "writer");
        Objects.requireNonNull(age, "age");
    }

    /** By how much the ledger's clock is ahead of the writer's; negative where it is behind. True but for {@link #age()}. */
    public Duration ahead() {
        return Duration.between(writer, ledger);
    }

    /** Tells whether the difference is another one than was stated, by more than the tolerance, whenever within its age the clock was read. */
    public boolean differsFrom(Duration stated) {
        Duration change = ahead().minus(stated);
        return change.compareTo(TOLERANCE) > 0 || change.plus(age).compareTo(TOLERANCE.negated()) < 0;
    }

    /** As an event states it, in milliseconds, after another difference was stated. */
    JsonObject toJson(Duration stated) {
        return JsonObject.create()
                .put("ledger", ledger.toString())
                .put("writer", writer.toString())
                .put("ahead", ahead().toMillis())
                .put("before", stated.toMillis());
    }
}
