package io.spendguard.jdbc;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.LedgerOperation;
import java.util.Comparator;

/** Names a budget's row; ordered as every writer locks budgets. */
record BudgetKey(String tenant, String namespace, String budgetId) implements Comparable<BudgetKey> {
    private static final Comparator<BudgetKey> ORDER = Comparator.comparing(BudgetKey::tenant)
            .thenComparing(BudgetKey::namespace)
            .thenComparing(BudgetKey::budgetId);

    static BudgetKey of(LedgerOperation operation, String budgetId) {
        return new BudgetKey(operation.tenant(), operation.namespace().name(), budgetId);
    }

    static BudgetKey of(Account account) {
        return new BudgetKey(account.tenant(), account.namespace().name(), account.budgetId());
    }

    @Override
    public int compareTo(BudgetKey other) {
        return ORDER.compare(this, other);
    }
}
