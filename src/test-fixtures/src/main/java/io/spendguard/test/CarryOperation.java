package io.spendguard.test;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.IdSource;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Gives accounts that are behind the limits of their budgets. Its answer is {@code carried} and how many. */
public final class CarryOperation extends TestOperation<CarryOperation> {
    private final List<Account> accounts;

    CarryOperation(IdSource ids, String tenant, String key, List<Account> accounts) {
        super(OperationKind.CARRY, ids, tenant, key);
        this.accounts = List.copyOf(accounts);
    }

    @Override
    public List<Account> accounts(Instant now) {
        return accounts;
    }

    @Override
    public boolean carriesLimits() {
        return true;
    }

    @Override
    String describe() {
        return "carry " + accounts;
    }

    @Override
    Optional<Posting> assume() {
        return Optional.empty();
    }

    @Override
    Posting post(LedgerView view) {
        return posting(
                ActivateOperation.change(view.due()),
                null,
                null,
                null,
                "carried " + view.due().size());
    }

    @Override
    CarryOperation self() {
        return this;
    }
}
