package io.spendguard.test;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.IdSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Holds more for a reservation and makes it last longer, all or nothing; a shortage is recorded as a refusal. Where the
 * reservation is not held any more, the planner throws {@link IllegalStateException}.
 *
 * <p>Its answer is {@code extended} or {@code refused: short of BUDGET}.
 */
public final class ExtendOperation extends TestOperation<ExtendOperation> {
    private final UUID reservationId;
    private final Instant until;
    private final List<Claim> more = new ArrayList<>();

    ExtendOperation(IdSource ids, String key, HoldOperation hold, Instant until) {
        super(OperationKind.EXTEND, ids, hold.tenant(), key);
        this.reservationId = hold.reservationId();
        this.until = until;
    }

    /** So many more atoms of an account the reservation has a claim on. */
    public ExtendOperation more(Account account, long atomic) {
        more.add(new Claim(account, atomic));
        return this;
    }

    @Override
    public Optional<UUID> reservation() {
        return Optional.of(reservationId);
    }

    @Override
    String describe() {
        return "extend " + reservationId + " " + more + " " + until;
    }

    @Override
    Optional<Posting> assume() {
        return Optional.empty();
    }

    @Override
    Posting post(LedgerView view) {
        Reservation found = view.reservation().orElseThrow();
        if (!found.state().isOpen()) {
            throw new IllegalStateException(
                    "Reservation " + reservationId + " is " + found.state() + ": only an open hold is extended.");
        }
        List<Entry> entries = new ArrayList<>();
        for (Claim claim : more) {
            if (view.account(claim.account().id()).available() < claim.atomic()) {
                return posting(
                        List.of(),
                        null,
                        null,
                        null,
                        "refused: short of " + claim.account().budgetId());
            }
            entries.add(new Entry(claim.account().id(), EntryKind.AVAILABLE, -claim.atomic()));
            entries.add(new Entry(claim.account().id(), EntryKind.HELD, claim.atomic()));
        }
        Posting posting = posting(entries, null, null, null, "extended");
        return new Posting(
                posting.transactionId(),
                posting.entries(),
                posting.event(),
                posting.validIn(),
                null,
                null,
                null,
                posting.answer(),
                new Posting.Extended(reservationId, until, more));
    }

    @Override
    ExtendOperation self() {
        return this;
    }
}
