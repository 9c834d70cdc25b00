package io.spendguard.evidence;

import java.util.Set;

/** The CloudEvents types written here. A type never changes its meaning; another meaning is another version. */
public final class EventTypes {
    /** An answer to a caller, with the hold it took. */
    public static final String DECISION = "io.spendguard.decision.v1";
    /** What became of an allowed action. */
    public static final String OUTCOME = "io.spendguard.outcome.v1";
    /** Somebody approved or denied what a decision had asked an approval for. */
    public static final String APPROVAL_RESOLVED = "io.spendguard.approval.resolved.v1";
    /** An open hold was extended, or it was refused to extend it. */
    public static final String HOLD_EXTENDED = "io.spendguard.hold.extended.v1";
    /** Part of an open hold was committed, or it was refused for want of budget. */
    public static final String PART_COMMITTED = "io.spendguard.hold.part_committed.v1";
    /** A contract came into force, with the limits it set. */
    public static final String CONTRACT_ACTIVATED = "io.spendguard.contract.activated.v1";
    /** A contract that was to come into force did not; the one before stays. */
    public static final String CONTRACT_REJECTED = "io.spendguard.contract.rejected.v1";
    /** An account was opened with its limit. */
    public static final String ACCOUNT_OPENED = "io.spendguard.account.opened.v1";
    /** Accounts that were open when their budget's limit changed got it. */
    public static final String LIMIT_CARRIED = "io.spendguard.limit.carried.v1";
    /** An operator gave to an account beside its budget's limit. */
    public static final String BUDGET_GRANTED = "io.spendguard.budget.granted.v1";
    /** An operator moved part of a limit from one account to another. */
    public static final String BUDGET_TRANSFERRED = "io.spendguard.budget.transferred.v1";
    /** A period of evidence was exported, and may be dropped once a checkpoint covers this event. */
    public static final String PERIOD_CLOSED = "io.spendguard.period.closed.v1";
    /** A stream's first event. */
    public static final String STREAM_OPENED = "io.spendguard.stream.opened.v1";
    /** From here on the stream's key is vouched for by another certificate. */
    public static final String KEY_CERTIFIED = "io.spendguard.key.certified.v1";
    /** A key is believed no further than a position of the log. */
    public static final String KEY_REVOKED = "io.spendguard.key.revoked.v1";
    /** In place of a batch whose outcome was unknown: proves that it never became durable. */
    public static final String STREAM_FENCED = "io.spendguard.stream.fenced.v1";
    /** The ledger lacks the tail of another stream of the same writer, which had been acknowledged as durable. */
    public static final String TAIL_LOST = "io.spendguard.stream.tail_lost.v1";
    /** From here on the writer's clock and the ledger's differ otherwise than the stream said before. */
    public static final String CLOCK_ANOMALY = "io.spendguard.stream.clock_anomaly.v1";
    /** How many decisions were answered since without being recorded, because the ledger was away. */
    public static final String UNRECORDED = "io.spendguard.stream.unrecorded.v1";
    /** A stream's last event. */
    public static final String STREAM_CLOSED = "io.spendguard.stream.closed.v1";
    /** The last event of a stream whose writer died, by another writer and in its place. */
    public static final String STREAM_CLOSED_BY_FENCE = "io.spendguard.stream.closed_by_fence.v1";

    private static final Set<String> ALL = Set.of(
            DECISION,
            OUTCOME,
            APPROVAL_RESOLVED,
            HOLD_EXTENDED,
            PART_COMMITTED,
            CONTRACT_ACTIVATED,
            CONTRACT_REJECTED,
            ACCOUNT_OPENED,
            LIMIT_CARRIED,
            BUDGET_GRANTED,
            BUDGET_TRANSFERRED,
            PERIOD_CLOSED,
            STREAM_OPENED,
            KEY_CERTIFIED,
            KEY_REVOKED,
            STREAM_FENCED,
            TAIL_LOST,
            CLOCK_ANOMALY,
            UNRECORDED,
            STREAM_CLOSED,
            STREAM_CLOSED_BY_FENCE);

    private EventTypes() {}

    /** Tells whether this version knows what events of the type say. */
    public static boolean isKnown(String type) {
        return ALL.contains(type);
    }

    /** Tells whether events of this type tell of the evidence itself: of its streams, keys and archives. Such events are never dropped. */
    public static boolean isOfTheEvidence(String type) {
        return type.startsWith("io.spendguard.stream.")
                || type.startsWith("io.spendguard.key.")
                || type.equals(PERIOD_CLOSED);
    }

    /** Tells whether an event of this type is its stream's last. */
    public static boolean closesItsStream(String type) {
        return type.equals(STREAM_CLOSED) || type.equals(STREAM_CLOSED_BY_FENCE);
    }
}
