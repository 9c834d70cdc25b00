package io.spendguard.decision;

import io.spendguard.ledger.Namespace;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Names one account for an operator: a budget, for one key, in the window that is open or in another one.
 *
 * @param tenant whose
 * @param namespace real or shadow
 * @param budgetId the contract's budget
 * @param key what the budget is kept per, as {@code spendguard budget list} shows it; empty where it is kept per nothing
 * @param at a moment of the window; null for the one that is open now
 */
public record BudgetRef(
        String tenant,
        Namespace namespace,
        String budgetId,
        String key,
        @Nullable Instant at) {
    /** Checks that the names are present. */
    public BudgetRef {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(budgetId, "budgetId");
        Objects.requireNonNull(key, "key");
    }

    /** A tenant's real budget that is kept per nothing, in the window that is open now. */
    public static BudgetRef of(String tenant, String budgetId) {
        return new BudgetRef(tenant, Namespace.ENFORCE, budgetId, "", null);
    }

    /** The budget for one key. */
    public BudgetRef key(String other) {
        return new BudgetRef(tenant, namespace, budgetId, other, at);
    }

    /** The budget of shadow mode. */
    public BudgetRef inShadow() {
        return new BudgetRef(tenant, Namespace.SHADOW, budgetId, key, at);
    }

    /** Budget and key in words. */
    String words() {
        return "Budget '" + budgetId + "'" + (key.isEmpty() ? "" : " of key '" + key + "'") + " of tenant '" + tenant
                + "'";
    }
}
