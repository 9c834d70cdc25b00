package io.spendguard.model;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What became of a hold.
 *
 * @param decisionId the decision whose hold this was
 * @param outcome committed, released or expired
 * @param actual what was recorded as spent, one amount for each budget claimed
 * @param estimated whether the actual is the estimate, because the provider reported no usage or nobody settled in time
 * @param auditEventId the outcome's audit event, or null when shadow mode had nothing to settle
 * @param replayed whether this answers an earlier settlement again and wrote nothing
 */
public record Settlement(
        UUID decisionId,
        Outcome outcome,
        List<Amount> actual,
        boolean estimated,
        @Nullable UUID auditEventId,
        boolean replayed) {
    /** Copies the list. */
    public Settlement {
        actual = List.copyOf(actual);
    }

    /** The outcome's audit event; empty when shadow mode had nothing to settle. */
    public Optional<UUID> auditEvent() {
        return Optional.ofNullable(auditEventId);
    }

    /** What became of the action afterwards. */
    public enum Outcome {
        /** It ran and its cost is recorded. */
        COMMITTED,
        /** It had no effect and its hold was given back. */
        RELEASED,
        /** Nobody said what became of it before its hold ended; what the contract says then was recorded. */
        EXPIRED
    }
}
