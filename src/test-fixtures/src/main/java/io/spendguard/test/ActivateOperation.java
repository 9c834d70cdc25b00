package io.spendguard.test;

import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.LimitDue;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Amount;
import io.spendguard.model.IdSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Sets budgets' limits. A limit lowered below what is spent and held leaves nothing available and the rest as debt.
 *
 * <p>Its answer is {@code activated}.
 */
public final class ActivateOperation extends TestOperation<ActivateOperation> {
    private final List<BudgetLimit> limits = new ArrayList<>();

    ActivateOperation(IdSource ids, String tenant, String key) {
        super(OperationKind.ACTIVATE, ids, tenant, key);
    }

    /** Sets the limit of one budget, in the text form of an amount such as {@code 1000 calls}. */
    public ActivateOperation limit(String budgetId, String amount) {
        limits.add(new BudgetLimit(budgetId, Amount.parse(amount)));
        return this;
    }

    /** Sets the limit of one budget for so many keys in one window. */
    public ActivateOperation limit(String budgetId, String amount, int maxKeys) {
        limits.add(new BudgetLimit(budgetId, Amount.parse(amount), maxKeys, 0));
        return this;
    }

    /** Sets the limit of one budget as a contract of that revision does. */
    public ActivateOperation limitOf(String budgetId, String amount, long revision) {
        limits.add(new BudgetLimit(budgetId, Amount.parse(amount), null, revision));
        return this;
    }

    @Override
    public List<BudgetLimit> limits() {
        return List.copyOf(limits);
    }

    @Override
    String describe() {
        return "activate " + limits;
    }

    @Override
    Optional<Posting> assume() {
        return Optional.empty();
    }

    @Override
    Posting post(LedgerView view) {
        List<Entry> entries = new ArrayList<>();
        for (AccountState state : view.accounts()) {
            for (BudgetLimit limit : limits) {
                if (view.outranked().containsKey(limit.budgetId())) {
                    continue;
                }
                if (limit.budgetId().equals(state.account().budgetId())) {
                    addChange(entries, state, limit.limit().atomic());
                }
            }
        }
        return posting(entries, null, null, null, "activated");
    }

    @Override
    ActivateOperation self() {
        return this;
    }

    /** The entries that give accounts the limits that are due. */
    static List<Entry> change(List<LimitDue> due) {
        List<Entry> entries = new ArrayList<>();
        due.forEach(one -> addChange(entries, one.state(), one.limit()));
        return entries;
    }

    private static void addChange(List<Entry> entries, AccountState state, long limit) {
        AccountId account = state.account().id();
        long rise = limit - state.contracted();
        long available = Math.max(rise - Math.min(state.debt(), Math.max(0, rise)), -state.available());
        if (rise != 0) {
            entries.add(new Entry(account, EntryKind.ADJUSTMENT, -rise));
        }
        if (available != 0) {
            entries.add(new Entry(account, EntryKind.AVAILABLE, available));
        }
        if (rise != available) {
            entries.add(new Entry(account, EntryKind.DEBT, rise - available));
        }
    }
}
