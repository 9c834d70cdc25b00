package io.spendguard.contract;

import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import java.time.Instant;
import java.util.List;

/** An input whose balances cannot be read. */
record BrokenInput(EvaluationInput whole) implements EvaluationInput {
    @Override
    public Action action() {
        return whole.action();
    }

    @Override
    public Instant now() {
        return whole.now();
    }

    @Override
    public List<Amount> estimate() {
        return whole.estimate();
    }

    @Override
    public BudgetBalance budget(String id) {
        throw new IllegalStateException("Balances are gone.");
    }

    @Override
    public long runRepeats() {
        throw new IllegalStateException("Run state is gone.");
    }

    @Override
    public long runSteps() {
        throw new IllegalStateException("Run state is gone.");
    }
}
