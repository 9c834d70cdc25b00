package io.spendguard.test;

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
import java.util.Optional;
import java.util.UUID;

/**
 * Ends an overdue hold: all that its reservation holds counts as spent. Where it is not held any more or not overdue by the
 * ledger's clock, the planner throws {@link IllegalStateException}.
 *
 * <p>Its answer is {@code expired}.
 */
public final class ExpireOperation extends TestOperation<ExpireOperation> {
    private final UUID reservationId;

    ExpireOperation(IdSource ids, HoldOperation hold) {
        super(OperationKind.EXPIRE, ids, hold.tenant(), hold.reservationId().toString());
        this.reservationId = hold.reservationId();
    }

    @Override
    public Optional<UUID> reservation() {
        return Optional.of(reservationId);
    }

    @Override
    String describe() {
        return "expire " + reservationId;
    }

    @Override
    Optional<Posting> assume() {
        return Optional.empty();
    }

    @Override
    Posting post(LedgerView view) {
        Reservation found = view.reservation().orElseThrow();
        if (!found.state().isOpen() || view.now().isBefore(found.expiresAt())) {
            throw new IllegalStateException("Reservation " + reservationId + " is " + found.state() + " and ends "
                    + found.expiresAt() + ": only an overdue hold expires.");
        }
        List<Entry> entries = new ArrayList<>();
        for (Claim claim : found.claims()) {
            if (claim.atomic() > 0) {
                entries.add(new Entry(claim.account().id(), EntryKind.HELD, -claim.atomic()));
                entries.add(new Entry(claim.account().id(), EntryKind.SPENT, claim.atomic()));
            }
        }
        return posting(entries, null, new Posting.Settled(reservationId, Reservation.State.EXPIRED), null, "expired");
    }

    @Override
    ExpireOperation self() {
        return this;
    }
}
