package io.spendguard.verify;

import java.time.Duration;
import java.util.UUID;

/**
 * A stream as found.
 *
 * @param tenant whose
 * @param stream its id
 * @param events how many lines its file has
 * @param state whether its end is proved
 * @param clockDifference the most that it states the ledger's clock and its writer's to differ by; zero where it states nothing
 * @param unrecorded how many decisions it states to have been answered without a record
 */
public record StreamReport(
        String tenant, UUID stream, long events, State state, Duration clockDifference, long unrecorded) {
    /** Whether a stream's end is proved. */
    public enum State {
        /** Its last event closes it, signed by a trusted key. */
        CLOSED,
        /** Its last event was put there by another writer, since its own had died; signed by a trusted key. */
        CLOSED_BY_FENCE,
        /** It has no such event: more may have followed. */
        OPEN,
        /** The package is an excerpt: what else the stream holds is not shown. */
        FILTERED
    }
}
