package io.spendguard.jdbc;

import io.spendguard.proof.Signer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link LogKeeper} keeps the evidence log.
 *
 * @param origin the log's name in its checkpoints, or null when it signs none
 * @param signer who signs checkpoints, or null to leave that to another process; may be a key in a KMS
 * @param forwardEvery how often new events are taken up into the log, 100 ms or more
 * @param checkpointEvery after how long new events are signed at the latest, 1 s or more
 * @param checkpointEvents how many new events are signed at once, however little time has passed, 1 or more
 */
public record LogKeeping(
        @Nullable String origin,
        @Nullable Signer signer,
        Duration forwardEvery,
        Duration checkpointEvery,
        long checkpointEvents) {
    private static final Duration SHORTEST_FORWARD = Duration.ofMillis(100);
    private static final Duration SHORTEST_CHECKPOINT = Duration.ofSeconds(1);
    private static final LogKeeping DEFAULTS =
            new LogKeeping(null, null, Duration.ofSeconds(1), Duration.ofMinutes(1), 10_000);

    /** Refuses values out of bounds with {@link IllegalArgumentException}, naming all of them. */
    public LogKeeping {
        List<String> faults = Stream.of(
                        (origin == null) == (signer == null) ? "" : "origin and signer belong together",
                        forwardEvery.compareTo(SHORTEST_FORWARD) < 0
                                ? "forwardEvery " + forwardEvery + " is shorter than 100 ms"
                                : "",
                        checkpointEvery.compareTo(SHORTEST_CHECKPOINT) < 0
                                ? "checkpointEvery " + checkpointEvery + " is shorter than 1 s"
                                : "",
                        checkpointEvents < 1 ? "checkpointEvents " + checkpointEvents + " is less than 1" : "")
                .filter(fault -> !fault.isEmpty())
                .toList();
        if (!faults.isEmpty()) {
            throw new IllegalArgumentException("Log keeping: " + String.join("; ", faults) + ".");
        }
    }

    /** Takes events up each second and signs nothing: checkpoints are another process's. */
    public static LogKeeping forwarding() {
        return DEFAULTS;
    }

    /**
     * Takes events up each second and signs a checkpoint once a minute, or after 10,000 events.
     *
     * @param origin the log's name, the same for good, such as {@code example.com/spendguard}
     * @param signer signs; it need not be the key that signs events, and stays the caller's to close
     */
    public static LogKeeping signedBy(String origin, Signer signer) {
        return new LogKeeping(
                origin, signer, DEFAULTS.forwardEvery, DEFAULTS.checkpointEvery, DEFAULTS.checkpointEvents);
    }

    /** These settings with another time between takings-up. */
    public LogKeeping forwardEvery(Duration interval) {
        return new LogKeeping(origin, signer, interval, checkpointEvery, checkpointEvents);
    }

    /** These settings with another time until new events are signed. */
    public LogKeeping checkpointEvery(Duration interval) {
        return new LogKeeping(origin, signer, forwardEvery, interval, checkpointEvents);
    }

    /** These settings with another number of new events that are signed at once. */
    public LogKeeping checkpointEvents(long events) {
        return new LogKeeping(origin, signer, forwardEvery, checkpointEvery, events);
    }
}
