package io.spendguard.test;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.IdSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds more for a reservation and makes it last longer, all or nothing; a shortage is recorded as a refusal. Where the
 * reservation is not held any more, the planner throws {@link IllegalStateException}.
 *
 * <p>Its answer is {@code extended} or {@code refused: short of BUDGET}.
 */
public final class ExtendOperation extends HoldChangeOperation<ExtendOperation> {
    private final Instant until;
    private final List<Claim> more = new ArrayList<>();

    ExtendOperation(IdSource ids, String key, HoldOperation hold, Instant until) {
        super(OperationKind.EXTEND, ids, key, hold);
        this.until = until;
    }

    /** So many more atoms of an account the reservation has a claim on. */
    public ExtendOperation more(Account account, long atomic) {
        more.add(new Claim(account, atomic));
        return this;
    }

    @Override
    String describe() {
        return "extend " + reservationId() + " " + more + " " + until;
    }

    @Override
    Posting post(LedgerView view) {
        openHold(view, "extended");
        List<Entry> entries = new ArrayList<>();
        for (Claim claim : more) {
            if (view.account(claim.account().id()).available() < claim.atomic()) {
                return refused(claim.account());
            }
            entries.add(new Entry(claim.account().id(), EntryKind.AVAILABLE, -claim.atomic()));
            entries.add(new Entry(claim.account().id(), EntryKind.HELD, claim.atomic()));
        }
        return changed(entries, new Posting.Extended(reservationId(), until, more), "extended");
    }

    @Override
    ExtendOperation self() {
        return this;
    }
}
