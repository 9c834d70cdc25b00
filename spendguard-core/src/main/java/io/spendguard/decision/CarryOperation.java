package io.spendguard.decision;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.LimitDue;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.model.Period;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * One step in carrying a changed limit to the accounts that were open when it changed. Whatever limit is in force when they are
 * locked is the one they get; those somebody else has carried meanwhile are left alone.
 */
final class CarryOperation implements LedgerOperation {
    private final List<Account> accounts;
    private final UUID eventId;
    private final UUID transactionId;

    /** For accounts of one tenant and namespace, one or more. */
    CarryOperation(List<Account> accounts, IdSource ids) {
        this.accounts = List.copyOf(accounts);
        this.eventId = ids.next();
        this.transactionId = ids.next();
    }

    @Override
    public OperationKind kind() {
        return OperationKind.CARRY;
    }

    @Override
    public String tenant() {
        return accounts.get(0).tenant();
    }

    @Override
    public Namespace namespace() {
        return accounts.get(0).namespace();
    }

    @Override
    public String key() {
        return eventId.toString();
    }

    @Override
    public Digest requestDigest() {
        return Digest.sha256(("carry " + eventId).getBytes(StandardCharsets.UTF_8));
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
    public Posting plan(LedgerView view) {
        if (view.due().isEmpty()) {
            throw new NothingDueException("Accounts of tenant '" + tenant() + "', " + accounts.size()
                    + " of them, have their budgets' limits already: somebody else carried them first. Leave them.");
        }
        return posting(view.due(), eventId, transactionId, view.now());
    }

    /** The entries that give accounts the limit that is due, and their event. */
    static Posting posting(List<LimitDue> due, UUID eventId, UUID transactionId, Instant now) {
        List<Entry> entries = new ArrayList<>();
        due.forEach(one -> entries.addAll(Movements.limit(one.state(), one.limit())));
        return new Posting(
                transactionId,
                entries,
                AuditEvents.carried(due, transactionId, entries, eventId, now),
                Period.ALWAYS,
                null,
                null,
                null,
                new byte[0]);
    }
}
