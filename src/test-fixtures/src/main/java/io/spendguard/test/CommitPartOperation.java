package io.spendguard.test;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.IdSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Commits part of a reservation, and holds more before where the hold does not cover it, all or nothing; a shortage is
 * recorded as a refusal. Where the reservation is not held any more, the planner throws {@link IllegalStateException}.
 *
 * <p>Its answer is {@code committed} or {@code refused: short of BUDGET}.
 */
public final class CommitPartOperation extends HoldChangeOperation<CommitPartOperation> {
    private final List<Claim> parts = new ArrayList<>();

    CommitPartOperation(IdSource ids, String key, HoldOperation hold) {
        super(OperationKind.COMMIT_PART, ids, key, hold);
    }

    /** So many atoms of an account the reservation has a claim on. */
    public CommitPartOperation of(Account account, long atomic) {
        parts.add(new Claim(account, 0, atomic));
        return this;
    }

    @Override
    String describe() {
        return "part of " + reservationId() + " " + parts;
    }

    @Override
    Posting post(LedgerView view) {
        Reservation found = openHold(view, "committed in part");
        List<Entry> entries = new ArrayList<>();
        List<Claim> changes = new ArrayList<>();
        for (Claim part : parts) {
            AccountId account = part.account().id();
            long held = found.claims().stream()
                    .filter(claim -> claim.account().equals(part.account()))
                    .mapToLong(Claim::atomic)
                    .sum();
            long missing = Math.max(0, part.committed() - held);
            if (view.account(account).available() < missing) {
                return refused(part.account());
            }
            add(entries, account, EntryKind.AVAILABLE, -missing);
            add(entries, account, EntryKind.HELD, missing - part.committed());
            add(entries, account, EntryKind.SPENT, part.committed());
            changes.add(new Claim(part.account(), missing, part.committed()));
        }
        return changed(entries, new Posting.Extended(reservationId(), found.expiresAt(), changes), "committed");
    }

    private static void add(List<Entry> entries, AccountId account, EntryKind kind, long atomic) {
        if (atomic != 0) {
            entries.add(new Entry(account, kind, atomic));
        }
    }

    @Override
    CommitPartOperation self() {
        return this;
    }
}
