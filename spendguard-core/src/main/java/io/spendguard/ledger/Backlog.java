package io.spendguard.ledger;

import java.time.Instant;
import java.util.Objects;

/**
 * What earlier accounts of a budget and key left behind, which a plan has to see: those whose window ended by a time and
 * that have something spent, or some debt.
 *
 * @param account the budget, key and unit; it is not part of its own backlog
 * @param side what was left
 * @param endedBy when the accounts' windows must have ended
 */
public record Backlog(Account account, Side side, Instant endedBy) {
    /** How many of a budget's and key's latest accounts a ledger looks through, at least. */
    public static final int DEPTH = 500;

    /** What an account left behind. */
    public enum Side {
        /** Something spent. */
        SPENT,
        /** Some debt. */
        DEBT
    }

    /** Checks that every part is present. */
    public Backlog {
        Objects.requireNonNull(account, "account");
        Objects.requireNonNull(side, "side");
        Objects.requireNonNull(endedBy, "endedBy");
    }

    /** Tells whether an account is part of it. */
    public boolean holds(AccountState state) {
        Account other = state.account();
        return !other.id().equals(account.id())
                && other.budgetId().equals(account.budgetId())
                && other.key().equals(account.key())
                && other.unit().equals(account.unit())
                && other.tenant().equals(account.tenant())
                && other.namespace() == account.namespace()
                && !other.window().until().isAfter(endedBy)
                && (side == Side.SPENT ? state.spent() : state.debt()) > 0;
    }
}
