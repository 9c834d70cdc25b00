package io.spendguard.ledger;

import java.util.Objects;

/**
 * An open account that a changed limit of its budget has not reached yet.
 *
 * @param state its balances, under the limit it still has
 * @param limit the part of its limit that its budget's contract gives by now, in atoms of its unit
 */
public record LimitDue(AccountState state, long limit) {
    /** Checks that the balances are present. */
    public LimitDue {
        Objects.requireNonNull(state, "state");
    }
}
