package io.spendguard.test;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.IdSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Gives to accounts beside their limits, where it pays debt first, or takes from what is available. Its answer is {@code
 * granted}.
 */
public final class GrantOperation extends TestOperation<GrantOperation> {
    private final Map<Account, Long> moves = new LinkedHashMap<>();

    GrantOperation(IdSource ids, String tenant, String key) {
        super(OperationKind.GRANT, ids, tenant, key);
    }

    /** So many atoms to an account, or from it when negative. */
    public GrantOperation to(Account account, long atomic) {
        moves.put(account, atomic);
        return this;
    }

    @Override
    public List<Account> accounts(Instant now) {
        return List.copyOf(moves.keySet());
    }

    @Override
    String describe() {
        return "grant " + moves;
    }

    @Override
    Optional<Posting> assume() {
        return Optional.empty();
    }

    @Override
    Posting post(LedgerView view) {
        List<Entry> entries = new ArrayList<>();
        moves.forEach((account, atomic) -> {
            AccountState state = view.account(account.id());
            long paid = atomic > 0 ? Math.min(state.debt(), atomic) : 0;
            entries.add(new Entry(account.id(), EntryKind.GRANT, -atomic));
            if (paid != 0) {
                entries.add(new Entry(account.id(), EntryKind.DEBT, paid));
            }
            if (atomic != paid) {
                entries.add(new Entry(account.id(), EntryKind.AVAILABLE, atomic - paid));
            }
        });
        return posting(entries, null, null, null, "granted");
    }

    @Override
    GrantOperation self() {
        return this;
    }
}
