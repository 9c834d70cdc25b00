package io.spendguard.decision;

import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.SettlementConflictException;
import java.util.Optional;
import java.util.UUID;

/** What is done to the hold of one decision, seen under its lock. */
interface HeldOperation extends LedgerOperation {
    /** The hold, as far as it is known before it is locked. */
    HeldTerms held();

    @Override
    default String tenant() {
        return held().tenant();
    }

    @Override
    default Namespace namespace() {
        return held().namespace();
    }

    @Override
    default Optional<UUID> reservation() {
        return Optional.of(held().decisionId());
    }

    /**
     * The locked hold, which must be open.
     *
     * @param otherwise what follows from its not being so, in words
     * @throws SettlementConflictException when it is settled or not there
     */
    default Reservation open(LedgerView view, String otherwise) {
        return view.reservation()
                .filter(found -> found.state().isOpen())
                .orElseThrow(() -> new SettlementConflictException("Hold of decision " + held().decisionId() + " is "
                        + view.reservation().map(found -> found.state().name()).orElse("unknown") + otherwise));
    }

    /** Why nothing more is held in a stopped run. */
    static Reason stopped(RunState run) {
        return Reason.of(
                ReasonCode.RUN_STOPPED,
                "Run '" + run.run() + "' was stopped by decision " + run.stoppedBy()
                        + ": nothing more is held in it. Finish with what is held.");
    }

    /** Why an account cannot hold more. */
    static Reason shortOf(Claim more, AccountState state) {
        return Reason.of(
                ReasonCode.BUDGET_EXHAUSTED,
                "Budget '" + more.account().budgetId() + "' cannot hold " + more.amount() + " more: "
                        + state.amount(state.available())
                        + " available. Raise its limit, or finish with what is held.");
    }
}
