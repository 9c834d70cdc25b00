package io.spendguard.test;

import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.RunState;
import io.spendguard.model.IdSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Stops a run for good.
 *
 * <p>Its answer is {@code stopped}, or {@code refused: run stopped} where the run was stopped before.
 */
public final class StopOperation extends TestOperation<StopOperation> {
    private final UUID decisionId;
    private final String code;
    private boolean heedless;

    StopOperation(IdSource ids, String tenant, String key, String run, String code) {
        super(OperationKind.DECIDE, ids, tenant, key);
        this.decisionId = ids.next();
        this.code = code;
        inRun(run);
    }

    /** Stops the run even where its planner sees that it is stopped: a ledger must not let that pass. */
    public StopOperation heedless() {
        heedless = true;
        return this;
    }

    /** The decision that stops the run. */
    public UUID decisionId() {
        return decisionId;
    }

    @Override
    String describe() {
        return "stop " + run() + " " + code;
    }

    @Override
    Optional<Posting> assume() {
        return Optional.of(stopped());
    }

    @Override
    Posting post(LedgerView view) {
        boolean isStopped = view.run().filter(RunState::isStopped).isPresent();
        return isStopped && !heedless ? posting(List.of(), null, null, null, "refused: run stopped") : stopped();
    }

    @Override
    StopOperation self() {
        return this;
    }

    private Posting stopped() {
        Posting.RunChange change = Posting.RunChange.stop(run().orElseThrow(), decisionId, code);
        return posting(List.of(), null, null, change, "stopped");
    }
}
