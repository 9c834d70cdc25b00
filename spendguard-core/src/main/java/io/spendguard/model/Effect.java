package io.spendguard.model;

/**
 * One of the five answers a decision can give, in order of strictness: a later constant wins over an earlier one when
 * several rules match.
 *
 * <p>The order follows governance strictness, not money saved: a skip never bypasses an approval gate.
 */
public enum Effect {
    /** The action may run as it is. */
    CONTINUE,
    /** The action may run only with the decision's patch applied. */
    DEGRADE,
    /** The action must not run; the run goes on without it. */
    SKIP,
    /** The action must not run until somebody approves it. */
    REQUIRE_APPROVAL,
    /** The action must not run and neither may any later action of the same run. */
    STOP;

    /** Returns the stricter of this effect and the other one. */
    public Effect strictest(Effect other) {
        return compareTo(other) >= 0 ? this : other;
    }

    /** Tells whether an action with this effect may run, possibly patched. */
    public boolean allows() {
        return this == CONTINUE || this == DEGRADE;
    }
}
