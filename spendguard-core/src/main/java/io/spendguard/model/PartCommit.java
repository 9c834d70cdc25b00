package io.spendguard.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What became of one part of a session.
 *
 * @param decisionId the decision whose hold this is
 * @param number names the part within the session
 * @param isCommitted whether the session may go on; in shadow mode always
 * @param reasons why not; empty when nothing stood against it
 * @param actual what was recorded as spent for this part, one amount for each budget claimed; empty when it was refused
 * @param held what was held after it, one amount for each budget claimed
 * @param auditEventId the audit event that tells of it, or null when shadow mode let the call pass without the ledger
 * @param replayed whether this answers the same part again and wrote nothing
 */
public record PartCommit(
        UUID decisionId,
        int number,
        boolean isCommitted,
        List<Reason> reasons,
        List<Amount> actual,
        List<Amount> held,
        @Nullable UUID auditEventId,
        boolean replayed) {
    /** Copies the lists. */
    public PartCommit {
        Objects.requireNonNull(decisionId, "decisionId");
        reasons = List.copyOf(reasons);
        actual = List.copyOf(actual);
        held = List.copyOf(held);
    }

    /** A part of a call that shadow mode let pass while the ledger was away. */
    public static PartCommit unrecorded(UUID decisionId, int number) {
        return new PartCommit(decisionId, number, true, List.of(), List.of(), List.of(), null, false);
    }

    /** The audit event that tells of it; empty when shadow mode let the call pass without the ledger. */
    public Optional<UUID> auditEvent() {
        return Optional.ofNullable(auditEventId);
    }
}
