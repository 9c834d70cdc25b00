package io.spendguard.ledger;

import io.spendguard.model.Amount;
import java.util.Objects;

/**
 * An account's balances, in atoms of its unit. The entries always explain them:
 * {@code available = limit + debt − spent − held}; available is never negative, and nothing while there is debt.
 *
 * @param account whose balances
 * @param limit what was granted
 * @param spent what was committed
 * @param held what is reserved and not yet settled
 * @param debt what was spent beyond the limit because a real cost exceeded its hold
 */
public record AccountState(Account account, long limit, long spent, long held, long debt) {
    /** Refuses negative balances with {@link IllegalArgumentException}: they would mean a broken ledger. */
    public AccountState {
        Objects.requireNonNull(account, "account");
        if (limit < 0 || spent < 0 || held < 0 || debt < 0) {
            throw new IllegalArgumentException("Account of budget '" + account.budgetId() + "' has a negative balance:"
                    + " limit " + limit + ", spent " + spent + ", held " + held + ", debt " + debt + ".");
        }
        if (Math.subtractExact(Math.addExact(limit, debt), Math.addExact(spent, held)) < 0) {
            throw new IllegalArgumentException("Account of budget '" + account.budgetId() + "' is overdrawn: limit "
                    + limit + " + debt " + debt + " is less than spent " + spent + " + held " + held + ".");
        }
        if (debt > 0 && debt > spent + held - limit) {
            throw new IllegalArgumentException("Account of budget '" + account.budgetId() + "' has " + debt
                    + " of debt while " + (limit + debt - spent - held)
                    + " are available: what is given back pays debt first.");
        }
    }

    /** What may still be held. */
    public long available() {
        return limit + debt - spent - held;
    }

    /** An amount of this account's unit. */
    public Amount amount(long atomic) {
        return new Amount(atomic, account.unit());
    }

    /**
     * Tells whether nothing here stands against entries made without seeing these balances: what they take is available,
     * and what they give back does not owe.
     */
    public boolean admits(Iterable<Entry> entries) {
        long freed = 0;
        for (Entry entry : entries) {
            if (entry.kind() == EntryKind.AVAILABLE && entry.account().equals(account.id())) {
                freed = Math.addExact(freed, entry.atomic());
            }
        }
        return available() + freed >= 0 && (freed <= 0 || debt == 0);
    }

    /** These balances after entries of this account were posted; throws when they would break the account's rules. */
    public AccountState after(Iterable<Entry> entries) {
        long newLimit = limit;
        long newSpent = spent;
        long newHeld = held;
        long newDebt = debt;
        for (Entry entry : entries) {
            if (!entry.account().equals(account.id())) {
                continue;
            }
            switch (entry.kind()) {
                case ADJUSTMENT -> newLimit = Math.subtractExact(newLimit, entry.atomic());
                case SPENT -> newSpent = Math.addExact(newSpent, entry.atomic());
                case HELD -> newHeld = Math.addExact(newHeld, entry.atomic());
                case DEBT -> newDebt = Math.subtractExact(newDebt, entry.atomic());
                case AVAILABLE -> {
                    // Follows from the other four, because every posting balances.
                }
            }
        }
        return new AccountState(account, newLimit, newSpent, newHeld, newDebt);
    }
}
