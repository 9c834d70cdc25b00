package io.spendguard.contract;

import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import org.jspecify.annotations.Nullable;

/**
 * What a whole run will have cost: what it has taken, this action, and the steps still to come.
 *
 * @param budgetId the budget that starts anew with each run
 * @param currency its currency
 * @param policy what a step to come is taken to cost
 */
record RunProjection(String budgetId, Unit currency, PredictionPolicy policy) {
    /*
     * Steps to come are the plan's rest. Without a plan, or beyond it, a run is expected to take as many steps again as
     * it took: a fixed horizon would say "none" of exactly the runs that outlived it, which are those that ran away.
     */
    static @Nullable Object remainingSteps(EvaluationInput input) {
        return input.action().run().isEmpty() ? null : (Object) remaining(input);
    }

    private static long remaining(EvaluationInput input) {
        long steps = input.runSteps();
        long planned = input.action().plannedSteps().orElse(0);
        return planned > steps ? planned - steps - 1 : steps;
    }

    /** The projected cost; null when the run, its account or this action's cost is unknown. Overflow throws. */
    @Nullable
    Amount cost(EvaluationInput input) {
        BudgetBalance balance = input.action().run().isEmpty() ? null : input.budget(budgetId);
        Amount next = input.estimate().stream()
                .filter(amount -> amount.unit().equals(currency))
                .findFirst()
                .orElse(null);
        if (balance == null || next == null || !balance.spent().unit().equals(currency)) {
            return null;
        }
        long taken = Math.addExact(balance.spent().atomic(), balance.held().atomic());
        long steps = input.runSteps();
        long perStep = policy.isEmpirical() && steps > 0 ? ceilDiv(taken, steps) : next.atomic();
        long toCome = Math.multiplyExact(perStep, remaining(input));
        return new Amount(Math.addExact(Math.addExact(taken, next.atomic()), toCome), currency);
    }

    private static long ceilDiv(long dividend, long divisor) {
        return dividend / divisor + (dividend % divisor == 0 ? 0 : 1);
    }
}
