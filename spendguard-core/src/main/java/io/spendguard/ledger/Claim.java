package io.spendguard.ledger;

import io.spendguard.model.Amount;
import java.util.Objects;

/**
 * A hold on one account.
 *
 * @param account where
 * @param atomic how much is held, in atoms of the account's unit, 0 or more
 * @param committed how much of it was committed in parts already and is spent, in the same atoms, 0 or more
 */
public record Claim(Account account, long atomic, long committed) {
    /** A hold of which nothing was committed yet. */
    public Claim(Account account, long atomic) {
        this(account, atomic, 0);
    }

    /** Refuses a negative hold with {@link IllegalArgumentException}. */
    public Claim {
        Objects.requireNonNull(account, "account");
        if (atomic < 0 || committed < 0) {
            throw new IllegalArgumentException("Claim of " + Math.min(atomic, committed) + " on budget '"
                    + account.budgetId() + "' is negative: a hold only takes. Commit or release to give back.");
        }
    }

    /** This claim when more is held, and some of it is committed after that; throws {@link ArithmeticException} beyond a long. */
    public Claim changedBy(Claim change) {
        return new Claim(
                account,
                Math.subtractExact(Math.addExact(atomic, change.atomic), change.committed),
                Math.addExact(committed, change.committed));
    }

    /** The hold as an amount. */
    public Amount amount() {
        return new Amount(atomic, account.unit());
    }
}
