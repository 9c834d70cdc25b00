package io.spendguard.model;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * What somebody answered to a decision that asked for an approval. It permits an attempt: deciding the same action again under the same
 * key evaluates the contract anew, without what was approved.
 *
 * @param decisionId the decision that asked
 * @param state whether the action may be tried
 * @param by who answered
 * @param reason why, as given
 * @param at when, by the ledger's time
 * @param covers what asked, and asks no more once it was approved: reasons of that decision, by code and rule;
 *     their texts stand there and are empty here
 * @param auditEventId the audit event that tells of it
 * @param isReplayed whether this answers an earlier request again and wrote nothing
 */
public record Approval(
        UUID decisionId,
        State state,
        Approver by,
        String reason,
        Instant at,
        List<Reason> covers,
        UUID auditEventId,
        boolean isReplayed) {
    /** Copies the list. */
    public Approval {
        Objects.requireNonNull(decisionId, "decisionId");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(by, "by");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(auditEventId, "auditEventId");
        covers = List.copyOf(covers);
    }

    /** What was answered. */
    public enum State {
        /** The action may be tried. */
        APPROVED,
        /** The action may not be tried. */
        DENIED
    }
}
