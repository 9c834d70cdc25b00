package io.spendguard.model;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an operator changed of a settled call's record.
 *
 * @param decisionId the decision that allowed the call
 * @param kind what was done
 * @param before what was recorded as spent before, for each budget claimed
 * @param actual what is recorded now
 * @param disputedAmount what is disputed now; null when nothing is
 * @param auditEventId the event that tells of it
 * @param isReplayed whether this had been done before under the same reference, and nothing was written
 */
public record CostChange(
        UUID decisionId,
        Kind kind,
        List<Amount> before,
        List<Amount> actual,
        @Nullable Amount disputedAmount,
        UUID auditEventId,
        boolean isReplayed) {
    /** Copies the lists. */
    public CostChange {
        before = List.copyOf(before);
        actual = List.copyOf(actual);
    }

    /** What is disputed now; empty when nothing is. */
    public Optional<Amount> disputed() {
        return Optional.ofNullable(disputedAmount);
    }

    /** What can be done to the record of a settled call. */
    public enum Kind {
        /** The provider said something else than is recorded. */
        CORRECTED,
        /** The provider gave money back. */
        REFUNDED,
        /** Part of the cost is contested with the provider; it counts as spent meanwhile. */
        DISPUTE_OPENED,
        /** The provider gave in: what was disputed is given back. */
        DISPUTE_WON,
        /** The provider did not give in: what was disputed stays spent. */
        DISPUTE_LOST,
        /** An operator set right what was recorded wrongly. */
        COMPENSATED
    }
}
