package io.spendguard.contract;

import io.spendguard.model.Amount;
import java.util.Objects;

/**
 * What rules see of a budget's account in its current window.
 *
 * @param limit what was granted
 * @param spent what was committed
 * @param held what is reserved and not yet settled
 * @param available what may still be held
 */
public record BudgetBalance(Amount limit, Amount spent, Amount held, Amount available) {
    /** Checks that every part is present. */
    public BudgetBalance {
        Objects.requireNonNull(limit, "limit");
        Objects.requireNonNull(spent, "spent");
        Objects.requireNonNull(held, "held");
        Objects.requireNonNull(available, "available");
    }
}
