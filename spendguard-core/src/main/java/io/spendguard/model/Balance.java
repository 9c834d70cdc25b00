package io.spendguard.model;

import java.util.Objects;

/**
 * What a budget has in one window: {@code available = limit + debt − spent − held}.
 *
 * @param budgetId the contract's budget
 * @param key what the budget is kept per, such as a run's id; empty when it is kept for all alike
 * @param window the window these balances belong to
 * @param limit what was granted
 * @param spent what was recorded as spent
 * @param held what is reserved and not yet settled
 * @param available what may still be held
 * @param debt what was spent beyond the limit because real costs exceeded their holds
 */
public record Balance(
        String budgetId,
        String key,
        Period window,
        Amount limit,
        Amount spent,
        Amount held,
        Amount available,
        Amount debt) {
    /** Checks that every part is present. */
    public Balance {
        Objects.requireNonNull(budgetId, "budgetId");
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(window, "window");
    }
}
