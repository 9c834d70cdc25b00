package io.spendguard.decision;

import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.model.Settlement;
import io.spendguard.model.SettlementConflictException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Ends one hold that nobody settled in time, as its decision's contract says, and audits the outcome in the same
 * transaction. The ledger's clock and the locked reservation decide whether it is time, so that any number of sweepers
 * may try, and whoever settles meanwhile wins.
 */
final class ExpireOperation implements LedgerOperation {
    private final String tenant;
    private final Namespace namespace;
    private final UUID reservationId;
    private final UUID eventId;
    private final UUID transactionId;

    ExpireOperation(Reservation expired, IdSource ids) {
        this.tenant = expired.tenant();
        this.namespace = expired.namespace();
        this.reservationId = expired.id();
        this.eventId = ids.next();
        this.transactionId = ids.next();
    }

    @Override
    public OperationKind kind() {
        return OperationKind.EXPIRE;
    }

    @Override
    public String tenant() {
        return tenant;
    }

    @Override
    public Namespace namespace() {
        return namespace;
    }

    @Override
    public String key() {
        return reservationId.toString();
    }

    @Override
    public Digest requestDigest() {
        return Digest.sha256(("expire " + reservationId).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Optional<UUID> reservation() {
        return Optional.of(reservationId);
    }

    @Override
    public Posting plan(LedgerView view) {
        Reservation reservation = view.reservation()
                .orElseThrow(() -> new IllegalArgumentException("Hold of decision " + reservationId + " of tenant '"
                        + tenant + "' is not in the ledger: only a hold can expire. Name an existing one."));
        if (!reservation.state().isOpen()) {
            throw new SettlementConflictException("Hold of decision " + reservationId + " is " + reservation.state()
                    + " and cannot expire: a hold is settled once.");
        }
        if (view.now().isBefore(reservation.expiresAt())) {
            throw new NotOverdueException("Hold of decision " + reservationId + " lasts until "
                    + reservation.expiresAt() + ", and it is " + view.now() + ": it does not expire before. Wait.");
        }
        HeldTerms held = HeldTerms.of(reservation);
        List<Terms.Charge> charges = reservation.claims().stream()
                .map(claim -> new Terms.Charge(claim, held.terms().atExpiry(claim), claim.atomic() > 0))
                .toList();
        Outcome outcome = new Outcome(
                Settlement.Outcome.EXPIRED,
                null,
                null,
                charges,
                "outcome unknown: nobody settled it until " + reservation.expiresAt(),
                eventId,
                transactionId,
                view.now(),
                false);
        return OutcomePostings.outcome(held, outcome, view);
    }
}
