package io.spendguard.ledger;

import io.spendguard.model.Amount;
import java.util.Objects;

/**
 * A hold on one account.
 *
 * @param account where
 * @param atomic how much, in atoms of the account's unit, 0 or more
 */
public record Claim(Account account, long atomic) {
    /** Refuses a negative hold with {@link IllegalArgumentException}. */
    public Claim {
        Objects.requireNonNull(account, "account");
        if (atomic < 0) {
            throw new IllegalArgumentException("Claim of " + atomic + " on budget '" + account.budgetId()
                    + "' is negative: a hold only takes. Commit or release to give back.");
        }
    }

    /** The hold as an amount. */
    public Amount amount() {
        return new Amount(atomic, account.unit());
    }
}
