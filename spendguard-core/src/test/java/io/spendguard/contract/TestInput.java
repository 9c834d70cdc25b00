package io.spendguard.contract;

import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An evaluation's input with literal figures. */
final class TestInput implements EvaluationInput {
    private final Action action;
    private final List<Amount> estimate = new ArrayList<>();
    private final Map<String, BudgetBalance> balances = new HashMap<>();
    private Instant now = Instant.parse("2026-11-23T10:00:00Z");
    private long runSteps;
    private long runRepeats;
    private @Nullable Usage usage;
    private ModelCatalogue catalogue = ModelCatalogue.EMPTY;

    private TestInput(Action action) {
        this.action = action;
    }

    static TestInput of(Action.Builder action) {
        return new TestInput(action.build());
    }

    static TestInput llmCall() {
        return of(Action.llmCall("openai", "gpt-4o")
                .run("run-1")
                .inputTokens(1_200)
                .maxOutputTokens(800));
    }

    TestInput estimate(String amount) {
        estimate.add(Amount.parse(amount));
        return this;
    }

    TestInput balance(String id, String limit, String spent, String held, String available) {
        balances.put(
                id,
                new BudgetBalance(
                        Amount.parse(limit), Amount.parse(spent), Amount.parse(held), Amount.parse(available)));
        return this;
    }

    TestInput now(String instant) {
        now = Instant.parse(instant);
        return this;
    }

    TestInput runSteps(long steps) {
        runSteps = steps;
        return this;
    }

    TestInput runRepeats(long repeats) {
        runRepeats = repeats;
        return this;
    }

    TestInput usage(long input, long output) {
        usage = Usage.of(input, output);
        return this;
    }

    TestInput catalogue(ModelCatalogue known) {
        catalogue = known;
        return this;
    }

    @Override
    public Action action() {
        return action;
    }

    @Override
    public Instant now() {
        return now;
    }

    @Override
    public List<Amount> estimate() {
        return estimate;
    }

    @Override
    public @Nullable BudgetBalance budget(String id) {
        return balances.get(id);
    }

    @Override
    public long runSteps() {
        return runSteps;
    }

    @Override
    public long runRepeats() {
        return runRepeats;
    }

    @Override
    public ModelCatalogue catalogue() {
        return catalogue;
    }

    @Override
    public @Nullable Usage estimatedUsage() {
        return usage;
    }
}
