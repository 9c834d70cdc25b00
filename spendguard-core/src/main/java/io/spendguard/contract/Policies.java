package io.spendguard.contract;

import io.spendguard.model.Effect;

/**
 * What a contract says once for all of its rules and budgets.
 *
 * @param onError what a rule answers that cannot be evaluated and does not say
 * @param prediction how a run's cost is projected
 * @param priorityDecides whether, of two aliases of one compatibility class, the rule of higher priority names the model
 * @param onExpiry what becomes of holds that nobody settles
 * @param requires what the contract requires of who enforces it
 */
record Policies(
        Effect onError,
        PredictionPolicy prediction,
        boolean priorityDecides,
        OnExpiry onExpiry,
        Requirements requires) {
    static final Policies DEFAULT = new Policies(
            Effect.REQUIRE_APPROVAL, PredictionPolicy.STRICT_CEILING, false, OnExpiry.COMMIT, Requirements.NONE);
}
