package io.spendguard.model;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What was made of a provider's word on one call.
 *
 * @param call the provider's word
 * @param result what was made of it
 * @param decisionId the decision that allowed the call; null where there is none
 * @param before what was recorded as spent before, for each budget claimed
 * @param actual what is recorded now
 * @param auditEventId the event that tells of it; null where nothing was written
 */
public record Reconciled(
        BilledCall call,
        Result result,
        @Nullable UUID decisionId,
        List<Amount> before,
        List<Amount> actual,
        @Nullable UUID auditEventId) {
    /** Copies the lists. */
    public Reconciled {
        before = List.copyOf(before);
        actual = List.copyOf(actual);
    }

    /** What can be made of a provider's word. */
    public enum Result {
        /** Nobody had settled the call; it is settled now. */
        SETTLED(false),
        /** The difference was posted. */
        CORRECTED(false),
        /** It was said before, or agrees with what is recorded. */
        UNCHANGED(false),
        /** The call was released, as if it had had no effect, and is billed nevertheless: its cost is posted, now or before. */
        RELEASED_BUT_BILLED(true),
        /** No decision of that key is known: the call went past the guard. Nothing was written. */
        UNKNOWN_DECISION(true),
        /** The decision refused the call, or held nothing for it. Nothing was written. */
        NOT_RESERVED(true),
        /** It says too little to tell a cost, or another currency than the budgets'. Nothing was written. */
        NOT_PRICED(true),
        /** A word of a higher state stands already. Nothing was written. */
        OUTRANKED(true);

        private final boolean isFinding;

        Result(boolean isFinding) {
            this.isFinding = isFinding;
        }

        /** Whether somebody should look at it. */
        public boolean isFinding() {
            return isFinding;
        }
    }
}
