package io.spendguard.ledger;

import io.spendguard.model.Amount;
import java.util.Objects;

/**
 * An account's balances, in atoms of its unit. The entries always explain them:
 * {@code available = limit + debt − spent − held}; available is never negative, and nothing while there is debt.
 *
 * @param account whose balances
 * @param limit what may be spent in all: what the contract gives and what was granted beside it
 * @param spent what was committed
 * @param held what is reserved and not yet settled
 * @param debt what was spent beyond the limit because a real cost exceeded its hold
 * @param granted the part of the limit that operators granted, less what they transferred away; negative where that is more
 */
public record AccountState(Account account, long limit, long spent, long held, long debt, long granted) {
    /** The balances of an account to which nothing was granted. */
    public AccountState(Account account, long limit, long spent, long held, long debt) {
        this(account, limit, spent, held, debt, 0);
    }

    /** Refuses negative balances with {@link IllegalArgumentException}: they would mean a broken ledger. */
    public AccountState {
        Objects.requireNonNull(account, "account");
        if (Math.subtractExact(limit, granted) < 0 || spent < 0 || held < 0 || debt < 0) {
            throw new IllegalArgumentException("Account of budget '" + account.budgetId() + "' has a negative balance:"
                    + " limit " + limit + (granted == 0 ? "" : ", " + granted + " of it granted") + ", spent " + spent
                    + ", held " + held + ", debt " + debt + ".");
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

    /** The part of the limit that the contract gives. */
    public long contracted() {
        return limit - granted;
    }

    /** The limit as an amount; nothing where more was transferred away than the contract gives by now. */
    public Amount allowance() {
        return amount(Math.max(0, limit));
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

    /**
     * These balances after entries of this account were posted; entries of others are passed over.
     *
     * @throws IllegalArgumentException when they would break the account's rules
     * @throws ArithmeticException when a balance would be more than can be counted
     */
    public AccountState after(Iterable<Entry> entries) {
        try {
            return sum(entries);
        } catch (ArithmeticException overflow) {
            ArithmeticException named = new ArithmeticException("Account of budget '" + account.budgetId() + "' has "
                    + amount(spent) + " spent, " + amount(held) + " held and " + amount(debt)
                    + " of debt, and cannot count what is to be added: balances go up to "
                    + amount(Long.MAX_VALUE) + ". Look whether the amount is right.");
            named.initCause(overflow);
            throw named;
        }
    }

    private AccountState sum(Iterable<Entry> entries) {
        long newLimit = limit;
        long newSpent = spent;
        long newHeld = held;
        long newDebt = debt;
        long newGranted = granted;
        for (Entry entry : entries) {
            if (!entry.account().equals(account.id())) {
                continue;
            }
            switch (entry.kind()) {
                case ADJUSTMENT -> newLimit = Math.subtractExact(newLimit, entry.atomic());
                case GRANT -> {
                    newLimit = Math.subtractExact(newLimit, entry.atomic());
                    newGranted = Math.subtractExact(newGranted, entry.atomic());
                }
                case SPENT -> newSpent = Math.addExact(newSpent, entry.atomic());
                case HELD -> newHeld = Math.addExact(newHeld, entry.atomic());
                case DEBT -> newDebt = Math.subtractExact(newDebt, entry.atomic());
                case AVAILABLE -> {
                    // Follows from the others, because every posting balances.
                }
            }
        }
        return new AccountState(account, newLimit, newSpent, newHeld, newDebt, newGranted);
    }
}
