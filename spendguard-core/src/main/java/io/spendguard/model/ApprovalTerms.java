package io.spendguard.model;

import java.time.Duration;
import java.util.Objects;

/**
 * What an approval needs.
 *
 * @param role who may give it
 * @param ttl how long it may be given, counted from the decision; at most {@link #LONGEST}
 * @param fallback what happens when nobody answered in time: {@link Effect#STOP} or {@link Effect#CONTINUE}
 */
public record ApprovalTerms(ApproverRole role, Duration ttl, Effect fallback) {
    /** The longest an approval may be awaited. */
    public static final Duration LONGEST = Duration.ofHours(24);

    /** A team lead's, within an hour; silence is a no. */
    public static final ApprovalTerms DEFAULT =
            new ApprovalTerms(ApproverRole.TEAM_LEAD, Duration.ofHours(1), Effect.STOP);

    /** Refuses a time that is not positive or too long, and any other fallback, with {@link IllegalArgumentException}. */
    public ApprovalTerms {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(ttl, "ttl");
        if (ttl.isNegative() || ttl.isZero() || ttl.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "Approval within " + ttl + " is not possible: more than nothing and at most " + LONGEST
                            + " is allowed. Give a duration such as PT1H.");
        }
        if (fallback != Effect.STOP && fallback != Effect.CONTINUE) {
            throw new IllegalArgumentException("Approval falls back to " + fallback
                    + ": silence is answered by stop or continue. Choose one of them.");
        }
    }

    /** What satisfies both: the stricter role, the shorter time, the stricter fallback. */
    public ApprovalTerms strictest(ApprovalTerms other) {
        return new ApprovalTerms(
                role.compareTo(other.role) >= 0 ? role : other.role,
                ttl.compareTo(other.ttl) <= 0 ? ttl : other.ttl,
                fallback.strictest(other.fallback));
    }
}
