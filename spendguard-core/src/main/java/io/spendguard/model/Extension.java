package io.spendguard.model;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What became of a request to extend a hold.
 *
 * @param decisionId the decision whose hold this is
 * @param isGranted whether the call may go on as asked; in shadow mode always
 * @param reasons why not; empty when nothing stood against it
 * @param held what is held now, one amount for each budget claimed
 * @param expiresAt when the hold ends by itself
 * @param auditEventId the audit event that tells of it, or null when shadow mode had nothing to extend
 */
public record Extension(
        UUID decisionId,
        boolean isGranted,
        List<Reason> reasons,
        List<Amount> held,
        Instant expiresAt,
        @Nullable UUID auditEventId) {
    /** Copies the lists. */
    public Extension {
        reasons = List.copyOf(reasons);
        held = List.copyOf(held);
    }

    /** The audit event that tells of it; empty when shadow mode had nothing to extend. */
    public Optional<UUID> auditEvent() {
        return Optional.ofNullable(auditEventId);
    }
}
