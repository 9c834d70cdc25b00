package io.spendguard.ledger;

import io.spendguard.model.Amount;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The limit an activated contract gives to one budget; new accounts of the budget open with it.
 *
 * @param budgetId the budget
 * @param limit its limit
 * @param maxKeys for how many keys accounts are opened in one window; null for any number
 * @param revision of the contract; a limit of a higher one stays, whoever is activated after it. Zero without one
 */
public record BudgetLimit(
        String budgetId, Amount limit, @Nullable Integer maxKeys, long revision) {
    /** Checks that both are present. */
    public BudgetLimit {
        Objects.requireNonNull(budgetId, "budgetId");
        Objects.requireNonNull(limit, "limit");
    }

    /** A limit for each of any number of keys. */
    public BudgetLimit(String budgetId, Amount limit) {
        this(budgetId, limit, null, 0);
    }

    /**
     * What a new account of this budget is granted.
     *
     * @throws IllegalStateException when the account is kept in another unit: its contract is not the one in force
     */
    public long grant(Account account) {
        if (!account.unit().equals(limit.unit())) {
            throw new IllegalStateException("Budget '" + budgetId + "' of tenant '" + account.tenant() + "' is kept in "
                    + limit.unit() + " by the contract activated last, not in " + account.unit()
                    + ": units never convert. Give the budget another id, or close the guard of the other contract.");
        }
        return limit.atomic();
    }

    /** The one of two limits of a budget that is in force when this one is activated before the other. */
    public BudgetLimit then(BudgetLimit later) {
        return later.revision >= revision ? later : this;
    }

    /** Tells whether an account is to have this limit and has another. */
    public boolean changes(AccountState state) {
        return state.account().budgetId().equals(budgetId)
                && state.account().unit().equals(limit.unit())
                && state.contracted() != limit.atomic();
    }
}
