package io.spendguard.ledger;

import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.util.Objects;

/**
 * One budget, for one key, in one window: where money is held and spent. Its balances are an {@link AccountState}.
 *
 * @param id derived from all the other fields
 * @param tenant whose it is
 * @param namespace real or shadow
 * @param budgetId the contract's budget
 * @param key what the budget is kept per (a run's id for a per-run window), or the empty string
 * @param window when holds may be taken on it
 * @param unit what it counts
 */
public record Account(
        AccountId id, String tenant, Namespace namespace, String budgetId, String key, Period window, Unit unit) {
    /** Checks that every part is present. */
    public Account {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(budgetId, "budgetId");
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(window, "window");
        Objects.requireNonNull(unit, "unit");
    }

    /** The account of one budget, key and window, with its id derived. */
    public static Account of(
            String tenant, Namespace namespace, String budgetId, String key, Period window, Unit unit) {
        return new Account(
                AccountId.of(namespace, tenant, budgetId, key, window, unit),
                tenant,
                namespace,
                budgetId,
                key,
                window,
                unit);
    }
}
