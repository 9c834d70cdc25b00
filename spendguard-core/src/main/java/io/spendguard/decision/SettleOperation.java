package io.spendguard.decision;

import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.Digest;
import io.spendguard.model.SettlementConflictException;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Stages 7 and 8 of one decision: its hold becomes spent or available again, and the outcome is audited, in one
 * transaction. A hold whose expiry was recorded already is corrected by the difference, once.
 */
final class SettleOperation implements HeldOperation {
    private final HeldTerms held;
    private final Outcome outcome;
    private final Digest requestDigest;
    private final @Nullable Posting assumed;

    /** Writes and hashes the event that is to be expected, on the caller's thread: the ledger's writer is everybody's. */
    SettleOperation(HeldTerms held, Outcome outcome) {
        this.held = held;
        this.outcome = outcome;
        this.requestDigest = outcome.digest();
        boolean fits = outcome.charges().stream()
                .allMatch(charge -> charge.actual() <= charge.claim().atomic());
        this.assumed = fits ? OutcomePostings.outcome(held, outcome, null) : null;
    }

    @Override
    public HeldTerms held() {
        return held;
    }

    @Override
    public OperationKind kind() {
        return OperationKind.SETTLE;
    }

    /** One key for every way to settle one decision, so that the first way wins. */
    @Override
    public String key() {
        return held.decisionId().toString();
    }

    @Override
    public Digest requestDigest() {
        return requestDigest;
    }

    @Override
    public Optional<UUID> reservation() {
        return held.isReserved() ? Optional.of(held.decisionId()) : Optional.empty();
    }

    @Override
    public Optional<Posting> assumed() {
        return Optional.ofNullable(assumed);
    }

    /** What was recorded; read back only where it was not recorded as expected. */
    @SuppressWarnings("ReferenceEquality") // the very posting that was handed over
    StoredSettlement settlement(PostResult result) {
        return result instanceof PostResult.Written written && written.posting() == assumed
                ? StoredSettlement.of(outcome)
                : StoredSettlement.parse(result.answer());
    }

    @Override
    public Posting plan(LedgerView view) {
        if (held.isReserved()) {
            Reservation.State state = view.reservation().map(Reservation::state).orElse(Reservation.State.RELEASED);
            if (state == Reservation.State.EXPIRED) {
                return OutcomePostings.lateOutcome(held, current(view), view);
            }
            if (!state.isOpen()) {
                throw new SettlementConflictException("Hold of decision " + held.decisionId() + " is " + state
                        + " and cannot be settled as " + outcome.kind() + ": a hold is settled once.");
            }
        }
        return OutcomePostings.outcome(held, current(view), view);
    }

    /** Another permit of the same decision may have extended the hold: what is held now is what becomes of it. */
    private Outcome current(LedgerView view) {
        return view.reservation().map(found -> outcome.of(found.claims())).orElse(outcome);
    }
}
