package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Effect;
import io.spendguard.model.Patch;
import io.spendguard.model.PatchTarget;
import io.spendguard.model.Reason;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the rules that match are combined. */
class EvaluationTest {
    private static Evaluation evaluate(TestInput input, String... rules) {
        return Contract.parse(TestContracts.withRules(rules), "c.yaml").evaluate(input);
    }

    private static String rule(String id, int priority, String effect) {
        return "{id: " + id + ", priority: " + priority + ", when: 'true', effect: " + effect + ", reasonCode: "
                + id.toUpperCase(Locale.ROOT) + "}";
    }

    private static String cap(String id, long tokens) {
        return rule(id, 0, "{decision: degrade, mutate: {maxOutputTokens: " + tokens + "}}");
    }

    private static String model(String id, String alias) {
        return rule(id, 0, "{decision: degrade, mutate: {modelAlias: " + alias + "}}");
    }

    private static List<String> codes(Evaluation evaluation) {
        return evaluation.reasons().stream()
                .map(reason -> reason.code().value())
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "continue, continue, CONTINUE",
        "continue, skip, SKIP",
        "skip, require_approval, REQUIRE_APPROVAL",
        "require_approval, stop, STOP",
        "stop, continue, STOP",
        "skip, stop, STOP",
    })
    void evaluate_twoEffects_theStricterDecidesWhicheverComesFirst(String one, String other, Effect expected) {
        assertThat(evaluate(TestInput.llmCall(), rule("a", 1, one), rule("b", 0, other))
                        .effect())
                .isEqualTo(expected);
        assertThat(evaluate(TestInput.llmCall(), rule("a", 0, one), rule("b", 1, other))
                        .effect())
                .isEqualTo(expected);
    }

    @Test
    void evaluate_skipBesideDegrade_skips() {
        Evaluation evaluation = evaluate(TestInput.llmCall(), cap("cap", 100), rule("skip", 0, "skip"));

        assertThat(evaluation.effect()).isEqualTo(Effect.SKIP);
        assertThat(evaluation.patch()).isEqualTo(Patch.NONE);
    }

    @Test
    void evaluate_allMatch_ordersReasonsByStrictnessThenPriority() {
        Evaluation evaluation = evaluate(
                TestInput.llmCall(),
                rule("c1", 9, "continue"),
                rule("s1", 1, "stop"),
                rule("k1", 5, "skip"),
                rule("s2", 3, "stop"),
                rule("s3", 3, "stop"));

        assertThat(codes(evaluation)).containsExactly("S2", "S3", "S1", "K1", "C1");
        assertThat(evaluation.matchedRules()).containsExactly("c1", "k1", "s2", "s3", "s1");
    }

    @Test
    void evaluate_nothingMatches_continuesWithoutReason() {
        Evaluation evaluation = TestContracts.stopWhen("action.model == \"x\"").evaluate(TestInput.llmCall());

        assertThat(evaluation)
                .isEqualTo(new Evaluation(
                        Effect.CONTINUE, List.of(), List.of(), Patch.NONE, null, 0, Evaluation.NO_SKIPS));
    }

    @Test
    void evaluate_nothingMatchesAndDefaultIsStop_stopsWithItsReason() {
        Contract contract = Contract.parse(
                TestContracts.stopWhenSource("action.model == \"x\"") + "  defaults: {decision: stop}\n", "c.yaml");

        assertThat(contract.evaluate(TestInput.llmCall()).reasons())
                .extracting(Reason::toString)
                .containsExactly("DEFAULT_DECISION: No rule matched and the contract's default is stop."
                        + " Add a rule that answers continue for such actions.");
        // A rule that cannot be evaluated must not weaken the default to an approval.
        assertThat(contract.evaluate(TestInput.of(Action.toolCall("mail"))).effect())
                .isEqualTo(Effect.STOP);
    }

    @Test
    void evaluate_ruleOfAnotherTrigger_doesNotApply() {
        String rule = "{id: r, at: [tool.call.pre], when: 'true', effect: stop, reasonCode: R}";

        assertThat(evaluate(TestInput.llmCall(), rule).effect()).isEqualTo(Effect.CONTINUE);
        assertThat(evaluate(TestInput.of(Action.toolCall("mail")), rule).effect())
                .isEqualTo(Effect.STOP);
    }

    @Test
    void evaluate_twoCaps_takesTheLower() {
        Evaluation evaluation = evaluate(TestInput.llmCall(), cap("a", 500), cap("b", 256));

        assertThat(evaluation.effect()).isEqualTo(Effect.DEGRADE);
        assertThat(evaluation.patch().changes())
                .containsExactly(new Patch.Change(PatchTarget.MAX_OUTPUT_TOKENS, "800", "256"));
    }

    @Test
    void evaluate_capOnRequestWithoutCap_addsIt() {
        Evaluation evaluation = evaluate(TestInput.of(Action.llmCall("openai", "gpt-4o")), cap("a", 500));

        assertThat(evaluation.patch().changes())
                .containsExactly(new Patch.Change(PatchTarget.MAX_OUTPUT_TOKENS, null, "500"));
    }

    @ParameterizedTest
    @CsvSource({"800, CONTINUE", "801, CONTINUE", "799, DEGRADE"})
    void evaluate_capNotBelowTheRequests_isNoDegradeButMatched(long cap, Effect effect) {
        Evaluation evaluation = evaluate(TestInput.llmCall(), cap("a", cap));

        assertThat(evaluation.effect()).isEqualTo(effect);
        assertThat(evaluation.matchedRules()).containsExactly("a");
        assertThat(codes(evaluation)).containsExactly("A");
        assertThat(evaluation.patch().isEmpty()).isEqualTo(effect == Effect.CONTINUE);
    }

    @Test
    void evaluate_degradeOfAToolCall_continues() {
        for (ActionKind kind : ActionKind.values()) {
            Evaluation evaluation = evaluate(TestInput.of(Action.of(kind)), cap("a", 1), model("b", "cheap"));

            assertThat(evaluation.effect()).isEqualTo(kind == ActionKind.LLM_CALL ? Effect.DEGRADE : Effect.CONTINUE);
        }
    }

    @Test
    void evaluate_sameAliasTwiceAndACap_mergesThem() {
        Evaluation evaluation = evaluate(
                TestInput.llmCall(), model("a", "cheap"), model("b", "{name: cheap, channel: stable}"), cap("c", 100));

        assertThat(evaluation.effect()).isEqualTo(Effect.DEGRADE);
        assertThat(evaluation.patch().changes())
                .containsExactly(
                        new Patch.Change(PatchTarget.MODEL_ALIAS, "gpt-4o", "cheap"),
                        new Patch.Change(PatchTarget.MAX_OUTPUT_TOKENS, "800", "100"));
    }

    @Test
    void evaluate_otherChannel_isWrittenOut() {
        assertThat(evaluate(TestInput.llmCall(), model("a", "{name: cheap, channel: beta}"))
                        .patch()
                        .modelAlias())
                .contains("cheap@beta");
    }

    @Test
    void evaluate_differentAliases_stopsAndSaysWhichRulesDisagree() {
        Evaluation evaluation = evaluate(
                TestInput.llmCall(),
                model("a", "cheap").replace("true", "action.model == \"gpt-4o\""),
                model("b", "cheaper").replace("true", "action.inputTokens > 5"));

        assertThat(evaluation.effect()).isEqualTo(Effect.STOP);
        assertThat(evaluation.reasons().get(0))
                .hasToString("DEGRADE_FAILED (a): Rules 'a' and 'b' degrade to different models, 'cheap' and 'cheaper':"
                        + " none of them may win silently. Make their conditions exclude each other.");
        assertThat(codes(evaluation)).containsExactly("DEGRADE_FAILED", "A", "B");
        assertThat(evaluation.patch()).isEqualTo(Patch.NONE);
    }

    @Test
    void evaluate_aliasOfTheModelAlreadyCalled_changesNothing() {
        TestInput cheap = TestInput.of(Action.llmCall("openai", "gpt-4o-mini"));
        TestInput other = TestInput.of(Action.llmCall("openai", "gpt-5-nano"))
                .catalogue(ModelCatalogue.builder()
                        .model("nano", "openai", "gpt-5-nano")
                        .build());

        assertThat(evaluate(cheap, model("a", "cheap")).effect()).isEqualTo(Effect.CONTINUE);
        assertThat(evaluate(other, model("a", "nano")).effect()).isEqualTo(Effect.CONTINUE);
        assertThat(evaluate(other, model("a", "cheap")).effect()).isEqualTo(Effect.DEGRADE);
    }

    @Test
    void evaluate_ruleFailsBesideAStop_stopsAndListsTheFailure() {
        Evaluation evaluation = evaluate(
                TestInput.of(Action.toolCall("mail")),
                "{id: broken, priority: 9, when: 'action.model == \"x\"', effect: continue, reasonCode: B}",
                rule("s", 0, "stop"));

        assertThat(evaluation.effect()).isEqualTo(Effect.STOP);
        assertThat(codes(evaluation)).containsExactly("S", "EVALUATION_ERROR");
        assertThat(evaluation.matchedRules()).containsExactly("s");
    }

    @Test
    void check_unknownAlias_isAFaultInEnforceModeOnly() {
        String source = TestContracts.withRules(
                model("a", "cheap").replace("true", "action.inputTokens > 5"),
                model("b", "tiny@beta").replace("true", "action.inputTokens < 5"));
        Contract enforced = Contract.parse(source, "c.yaml");
        Contract shadow = Contract.parse(source.replace("spec:", "spec:\n  mode: shadow"), "c.yaml");
        ModelCatalogue known = ModelCatalogue.builder()
                .model("tiny@beta", "openai", "gpt-5-nano")
                .build();

        assertThat(enforced.check(ModelCatalogue.EMPTY))
                .extracting(Finding::toString)
                .containsExactly("c.yaml:12:109 rules[1].effect.mutate.modelAlias: unknown model alias 'tiny@beta':"
                        + " neither the contract nor the catalogue names its model. Add it to 'models'.");
        assertThat(enforced.check(known)).isEmpty();
        assertThat(enforced.warnings(ModelCatalogue.EMPTY)).isEmpty();
        assertThat(shadow.check(ModelCatalogue.EMPTY)).isEmpty();
        assertThat(shadow.warnings(ModelCatalogue.EMPTY)).hasSize(1);
        assertThat(shadow.warnings(known)).isEmpty();
    }

    @Test
    void warnings_degradeThatNeverMeetsAModelCall_isNamed() {
        Contract contract = Contract.parse(
                TestContracts.withRules("{id: r, at: [tool.call.pre], when: 'true', reasonCode: R,"
                        + " effect: {decision: degrade, mutate: {maxOutputTokens: 9}}}"),
                "c.yaml");

        assertThat(contract.warnings())
                .extracting(Finding::toString)
                .containsExactly(
                        "c.yaml:11:42 rules[0]: rule 'r' degrades, but is never evaluated at llm.call.pre: only"
                                + " model calls can be degraded. Add that trigger or choose another effect.");
    }
}
