package io.spendguard.contract;

/** How a run's cost is projected, and with it which actions a projection may lead to. */
public enum PredictionPolicy {
    /** Every step to come costs as much as this call may at most. */
    STRICT_CEILING,
    /** Every step to come costs what the run's steps did cost so far, rounded up; holds stay at the most. */
    EMPIRICAL_RUN_CEILING,
    /** As {@link #EMPIRICAL_RUN_CEILING}. Holds stay at the most as well: a hold below it could be outspent. */
    ADAPTIVE_CEILING,
    /** As {@link #STRICT_CEILING}, and only reported. */
    SHADOW_ONLY;

    /** Tells whether a rule of a contract with this policy may act so: eight of the twelve pairs are allowed. */
    public boolean allows(RunProjectionAction action) {
        return isEmpirical() || action == defaultAction();
    }

    /** What a rule does that does not say. */
    RunProjectionAction defaultAction() {
        return this == SHADOW_ONLY ? RunProjectionAction.ALERT_ONLY : RunProjectionAction.BLOCK_NEXT_CALL;
    }

    boolean isEmpirical() {
        return this == EMPIRICAL_RUN_CEILING || this == ADAPTIVE_CEILING;
    }
}
