package io.spendguard.contract;

import io.spendguard.model.Effect;
import io.spendguard.model.ReasonCode;
import java.util.Set;

/** What follows when a projection of a run matches; stands in for the rule's own effect. */
public enum RunProjectionAction {
    /** The call is stopped, and its run with it. */
    BLOCK_NEXT_CALL(Effect.STOP),
    /** The call waits for an approval. */
    REQUIRE_APPROVAL(Effect.REQUIRE_APPROVAL),
    /** The call runs; the match is in its reasons and evidence. */
    ALERT_ONLY(Effect.CONTINUE);

    /** The codes of rules about projections: a rule with one of them answers by its action. */
    static final Set<ReasonCode> CODES = Set.of(
            new ReasonCode("RUN_BUDGET_PROJECTION_EXCEEDED"),
            new ReasonCode("RUN_STEPS_EXCEEDED"),
            new ReasonCode("RUN_DRIFT_DETECTED"));

    private final Effect effect;

    RunProjectionAction(Effect effect) {
        this.effect = effect;
    }

    /** Its place in the lattice of effects. */
    public Effect effect() {
        return effect;
    }
}
