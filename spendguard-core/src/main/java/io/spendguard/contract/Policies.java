package io.spendguard.contract;

import io.spendguard.model.Effect;

/**
 * What a contract says once for all of its rules.
 *
 * @param onError what a rule answers that cannot be evaluated and does not say
 * @param prediction how a run's cost is projected
 * @param priorityDecides whether, of two aliases of one compatibility class, the rule of higher priority names the model
 */
record Policies(Effect onError, PredictionPolicy prediction, boolean priorityDecides) {
    static final Policies DEFAULT = new Policies(Effect.REQUIRE_APPROVAL, PredictionPolicy.STRICT_CEILING, false);
}
