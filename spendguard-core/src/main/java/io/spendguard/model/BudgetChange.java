package io.spendguard.model;

import java.util.List;
import java.util.UUID;

/**
 * A grant or a transfer that was made.
 *
 * @param auditEventId the audit event that tells of it
 * @param available what was available on each account right after it, the source first
 * @param isReplayed whether this answers an earlier request of the same key again and wrote nothing
 */
public record BudgetChange(UUID auditEventId, List<Amount> available, boolean isReplayed) {
    /** Copies the list. */
    public BudgetChange {
        available = List.copyOf(available);
    }
}
