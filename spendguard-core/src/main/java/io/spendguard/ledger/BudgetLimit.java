package io.spendguard.ledger;

import io.spendguard.model.Amount;
import java.util.Objects;

/**
 * The limit an activated contract gives to one budget; new accounts of the budget open with it.
 *
 * @param budgetId the budget
 * @param limit its limit
 */
public record BudgetLimit(String budgetId, Amount limit) {
    /** Checks that both are present. */
    public BudgetLimit {
        Objects.requireNonNull(budgetId, "budgetId");
        Objects.requireNonNull(limit, "limit");
    }
}
