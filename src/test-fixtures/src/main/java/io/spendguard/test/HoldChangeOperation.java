package io.spendguard.test;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.IdSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Changes an open hold, all or nothing; a shortage is recorded as a refusal.
 *
 * @param <T> the operation's own type
 */
abstract class HoldChangeOperation<T extends HoldChangeOperation<T>> extends TestOperation<T> {
    private final UUID reservationId;

    HoldChangeOperation(OperationKind kind, IdSource ids, String key, HoldOperation hold) {
        super(kind, ids, hold.tenant(), key);
        this.reservationId = hold.reservationId();
    }

    final UUID reservationId() {
        return reservationId;
    }

    @Override
    public final Optional<UUID> reservation() {
        return Optional.of(reservationId);
    }

    @Override
    final Optional<Posting> assume() {
        return Optional.empty();
    }

    /** The reservation in view; throws {@link IllegalStateException} where it is not held any more. */
    final Reservation openHold(LedgerView view, String what) {
        Reservation found = view.reservation().orElseThrow();
        if (!found.state().isOpen()) {
            throw new IllegalStateException(
                    "Reservation " + reservationId + " is " + found.state() + ": only an open hold is " + what + ".");
        }
        return found;
    }

    final Posting refused(Account shortOf) {
        return posting(List.of(), null, null, null, "refused: short of " + shortOf.budgetId());
    }

    final Posting changed(List<Entry> entries, Posting.Extended change, String answer) {
        Posting posting = posting(entries, null, null, null, answer);
        return new Posting(
                posting.transactionId(),
                posting.entries(),
                posting.event(),
                posting.validIn(),
                null,
                null,
                null,
                posting.answer(),
                change);
    }
}
