package io.spendguard.decision;

import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.Period;
import io.spendguard.model.Settlement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns what became of a call into what is written. Needs no contract: a hold has its decision's terms with it. */
final class OutcomePostings {
    private OutcomePostings() {}

    /**
     * What each hold becomes, and the event that tells of it.
     *
     * @param view the locked accounts, or null to assume that none of them owes or has to give anything
     */
    static Posting outcome(HeldTerms held, Outcome outcome, @Nullable LedgerView view) {
        List<Entry> entries = new ArrayList<>();
        for (Terms.Charge charge : outcome.charges()) {
            AccountState state =
                    view == null ? null : view.account(charge.claim().account().id());
            entries.addAll(Movements.settle(
                    charge.claim(),
                    charge.actual(),
                    state == null ? 0 : state.available(),
                    state == null ? 0 : state.debt()));
        }
        return new Posting(
                outcome.transactionId(),
                entries,
                AuditEvents.outcome(held, outcome, entries),
                Period.ALWAYS,
                null,
                held.isReserved() ? new Posting.Settled(held.decisionId(), state(outcome.kind())) : null,
                null,
                StoredSettlement.of(outcome).toBytes());
    }

    /** What the permit's holder says after expiry was recorded: the difference to that, and its event. */
    static Posting lateOutcome(HeldTerms held, Outcome outcome, LedgerView view) {
        List<Claim> claims = outcome.charges().stream().map(Terms.Charge::claim).toList();
        List<Entry> entries = Corrections.entries(
                claims,
                claims.stream().map(held.terms()::atExpiry).toList(),
                outcome.charges().stream().map(Terms.Charge::actual).toList(),
                view);
        return new Posting(
                outcome.transactionId(),
                entries,
                AuditEvents.lateOutcome(held, outcome, entries),
                Period.ALWAYS,
                null,
                null,
                null,
                StoredSettlement.of(outcome).toBytes());
    }

    private static Reservation.State state(Settlement.Outcome kind) {
        return switch (kind) {
            case COMMITTED -> Reservation.State.COMMITTED;
            case RELEASED -> Reservation.State.RELEASED;
            case EXPIRED -> Reservation.State.EXPIRED;
        };
    }
}
