package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.Action;
import io.spendguard.model.Effect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a rule says beside its condition and effect. */
class RuleTest {
    private static final String PER_RUN = "    - {id: run, limit: 10.00 USD, window: {type: run}}\n  rules:\n";

    private static Contract projecting(String policy, String action, String condition) {
        return Contract.parse(
                TestContracts.withRules("{id: p, when: '" + condition + "', reasonCode: RUN_BUDGET_PROJECTION_EXCEEDED"
                                + (action.isEmpty() ? "" : ", run_projection_action: " + action) + "}")
                        .replace("  rules:\n", PER_RUN)
                        .replace("spec:\n", "spec:\n  prediction_policy: " + policy + "\n"),
                "c.yaml");
    }

    private static TestInput running(long steps, String spent, String held) {
        return TestInput.of(Action.llmCall("openai", "gpt-4o").run("r"))
                .runSteps(steps)
                .estimate("0.10 USD")
                .balance("run", "10.00 USD", spent, held, "1.00 USD");
    }

    @ParameterizedTest
    @CsvSource({
        "2026-12-23T23:59:59Z, CONTINUE",
        "2026-12-24T00:00:00Z, STOP",
        "2026-12-26T23:59:59Z, STOP",
        "2026-12-27T00:00:00Z, CONTINUE"
    })
    void effective_firstInstantIsInAndLastIsOut(String now, Effect expected) {
        Contract freeze = Contract.parse(
                TestContracts.withRules("{id: f, when: 'true', effect: stop, reasonCode: FREEZE,"
                        + " effective: {from: 2026-12-24T01:00:00+01:00, until: 2026-12-27T00:00:00Z}}"),
                "c.yaml");

        assertThat(freeze.evaluate(TestInput.llmCall().now(now)).effect()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', REQUIRE_APPROVAL",
        "', onError: stop', '', STOP",
        "'', stop, STOP",
        "', onError: require_approval', stop, REQUIRE_APPROVAL"
    })
    void onError_ruleOverContractOverApproval(String own, String contractWide, Effect expected) {
        String source =
                TestContracts.withRules("{id: e, when: 'action.user == \"x\"', effect: skip, reasonCode: R" + own + "}")
                        + (contractWide.isEmpty() ? "" : "  defaults: {onError: " + contractWide + "}\n");

        Evaluation evaluation = Contract.parse(source, "c.yaml").evaluate(TestInput.llmCall());

        assertThat(evaluation.effect()).isEqualTo(expected);
        assertThat(evaluation.reasons().get(0).code().value()).isEqualTo("EVALUATION_ERROR");
    }

    @ParameterizedTest
    @CsvSource({
        "STRICT_CEILING, BLOCK_NEXT_CALL, STOP",
        "STRICT_CEILING, '', STOP",
        "EMPIRICAL_RUN_CEILING, BLOCK_NEXT_CALL, STOP",
        "EMPIRICAL_RUN_CEILING, REQUIRE_APPROVAL, REQUIRE_APPROVAL",
        "EMPIRICAL_RUN_CEILING, ALERT_ONLY, CONTINUE",
        "ADAPTIVE_CEILING, BLOCK_NEXT_CALL, STOP",
        "ADAPTIVE_CEILING, REQUIRE_APPROVAL, REQUIRE_APPROVAL",
        "ADAPTIVE_CEILING, ALERT_ONLY, CONTINUE",
        "SHADOW_ONLY, ALERT_ONLY, CONTINUE",
        "SHADOW_ONLY, '', CONTINUE"
    })
    void projection_allowedPairs_answerByTheirAction(String policy, String action, Effect expected) {
        Evaluation evaluation =
                projecting(policy, action, "run.steps > 1").evaluate(running(5, "1.00 USD", "0.00 USD"));

        assertThat(evaluation.effect()).isEqualTo(expected);
        assertThat(evaluation.matchedRules()).containsExactly("p");
    }

    @ParameterizedTest
    @CsvSource({
        "STRICT_CEILING, SHADOW_ONLY",
        "STRICT_CEILING, REQUIRE_APPROVAL",
        "SHADOW_ONLY, BLOCK_NEXT_CALL",
        "SHADOW_ONLY, REQUIRE_APPROVAL"
    })
    void projection_otherPairs_areNotAllowed(String policy, String action) {
        boolean known = !action.equals("SHADOW_ONLY");

        assertThat(PredictionPolicy.valueOf(policy)
                        .allows(known ? RunProjectionAction.valueOf(action) : RunProjectionAction.ALERT_ONLY))
                .isFalse();
    }

    /** Ten steps took 2 USD: as many again at 0.10 USD each, or at 0.20 USD each, beside this one at 0.10 USD. */
    @ParameterizedTest
    @CsvSource({
        "STRICT_CEILING, 3.10 USD",
        "SHADOW_ONLY, 3.10 USD",
        "EMPIRICAL_RUN_CEILING, 4.10 USD",
        "ADAPTIVE_CEILING, 4.10 USD"
    })
    void projected_withoutPlan_asManyStepsAgain(String policy, String cost) {
        TestInput input = running(10, "1.50 USD", "0.50 USD");
        String[] money = cost.split(" ", -1);
        String exactly = "run.projected == money(\"" + money[0] + "\", \"USD\")";

        assertThat(projecting(policy, "", exactly).evaluate(input).matchedRules())
                .containsExactly("p");
    }

    @Test
    void projected_withPlan_countsItsRestOnly() {
        TestInput input = TestInput.of(
                        Action.llmCall("openai", "gpt-4o").run("r").plannedSteps(12))
                .runSteps(10)
                .estimate("0.10 USD")
                .balance("run", "10.00 USD", "1.50 USD", "0.50 USD", "8.00 USD");

        Evaluation evaluation = projecting(
                        "STRICT_CEILING",
                        "",
                        "run.projected == money(\"2.20\", \"USD\") && run.remainingSteps == 1 && run.spent < run.projected")
                .evaluate(input);

        assertThat(evaluation.matchedRules()).containsExactly("p");
    }

    @Test
    void projected_beyondThePlan_stillExpectsMore() {
        TestInput input = TestInput.of(
                        Action.llmCall("openai", "gpt-4o").run("r").plannedSteps(4))
                .runSteps(10);

        assertThat(TestContracts.stopWhen("run.remainingSteps == 10 && run.steps >= run.plannedSteps")
                        .evaluate(input)
                        .effect())
                .isEqualTo(Effect.STOP);
    }

    @Test
    void projected_overflow_asksForApproval() {
        Evaluation evaluation = projecting("STRICT_CEILING", "", "run.projected > money(\"1\", \"USD\")")
                .evaluate(running(Long.MAX_VALUE, "1.00 USD", "0.00 USD"));

        assertThat(evaluation.effect()).isEqualTo(Effect.REQUIRE_APPROVAL);
    }

    @Test
    void estimate_tokens_areRead() {
        assertThat(TestContracts.stopWhen("estimate.inputTokens == 7 && estimate.outputTokens == 9")
                        .evaluate(TestInput.llmCall().usage(7, 9))
                        .effect())
                .isEqualTo(Effect.STOP);
        assertThat(TestContracts.stopWhen("estimate.inputTokens > 7")
                        .evaluate(TestInput.llmCall())
                        .effect())
                .isEqualTo(Effect.REQUIRE_APPROVAL);
    }

    @Test
    void warnings_ruleShadowedByAStricterOne_saysSo() {
        Contract contract = Contract.parse(
                TestContracts.withRules(
                        "{id: all, when: 'run.steps > 5', effect: stop, reasonCode: R}",
                        "{id: some, at: [llm.call.pre], when: 'run.steps > 9 && action.model == \"a\"', effect: skip,"
                                + " reasonCode: R}"),
                "c.yaml");

        assertThat(contract.warnings())
                .extracting(Finding::toString)
                .containsExactly("c.yaml:12:7 rules[1]: rule 'some' can never decide: whenever it matches, rule 'all'"
                        + " answers stop, which is stricter. Narrow that rule or remove this one.");
    }

    @ParameterizedTest
    @CsvSource({
        "budget(\"day\").available < amount(\"20 USD\") && budget(\"day\").available >= amount(\"5 USD\"), budget(\"day\").available < amount(\"5 USD\")",
        "run.steps > 5 && !(run.steps > 9 && action.model == \"a\"), action.model == \"a\" && run.steps > 9",
        "action.model == \"a\", 'action.model in [\"b\", \"c\"]'"
    })
    void degradesThatExcludeEachOther_areAcceptedWithoutWarning(String one, String other) {
        Contract contract = Contract.parse(
                TestContracts.withRules(
                        "{id: a, when: '" + one + "', effect: {decision: degrade, mutate: {modelAlias: cheap}},"
                                + " reasonCode: R}",
                        "{id: b, when: '" + other + "', effect: {decision: degrade, mutate: {modelAlias: cheaper}},"
                                + " reasonCode: R}"),
                "c.yaml");

        assertThat(contract.warnings()).isEmpty();
    }

    @Test
    void degradesThatMayMeet_areAWarning() {
        Contract contract = Contract.parse(
                TestContracts.withRules(
                        "{id: a, when: 'run.steps > 3', effect: {decision: degrade, mutate: {modelAlias: cheap}},"
                                + " reasonCode: R}",
                        "{id: b, when: 'action.inputTokens > 9', effect: {decision: degrade, mutate: {modelAlias: cheaper}},"
                                + " reasonCode: R}"),
                "c.yaml");

        assertThat(contract.warnings()).hasSize(1);
        assertThat(contract.warnings().get(0).message())
                .isEqualTo(
                        "rule 'b' and rule 'a' degrade to different models, 'cheap' and 'cheaper': an action both match"
                                + " is stopped. Make their conditions exclude each other, such as by && !(...).");
    }

    @Test
    void check_aliasWithoutPrice_isAFaultWhereMoneyIsBudgeted() {
        Contract contract = Contract.parse(
                TestContracts.withRules("{id: a, when: 'run.steps > 3', effect: {decision: degrade, mutate:"
                        + " {modelAlias: cheap}}, reasonCode: R}"),
                "c.yaml");

        assertThat(contract.check(ModelCatalogue.EMPTY, model -> false))
                .extracting(Finding::message)
                .containsExactly("no price for the model of alias 'cheap': a degrade to it would stop the call."
                        + " Add its price to the price book.");
        assertThat(contract.check(ModelCatalogue.EMPTY, model -> true)).isEmpty();
    }
}
