package io.spendguard.model;

import java.util.List;
import java.util.UUID;

/**
 * What became of a hold.
 *
 * @param decisionId the decision whose hold this was
 * @param outcome committed or released
 * @param actual what was recorded as spent, one amount for each budget claimed
 * @param estimated whether the actual is the estimate, because the provider reported no usage
 * @param auditEvent the outcome's audit event
 * @param replayed whether this answers an earlier settlement again and wrote nothing
 */
public record Settlement(
        UUID decisionId, Outcome outcome, List<Amount> actual, boolean estimated, UUID auditEvent, boolean replayed) {
    /** Copies the list. */
    public Settlement {
        actual = List.copyOf(actual);
    }

    /** What became of the action afterwards. */
    public enum Outcome {
        /** It ran and its cost is recorded. */
        COMMITTED,
        /** It had no effect and its hold was given back. */
        RELEASED
    }
}
