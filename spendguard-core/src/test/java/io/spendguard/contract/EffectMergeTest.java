package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.Action;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Effect;
import io.spendguard.model.ReasoningEffort;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How effects of one kind become one. */
class EffectMergeTest {
    private static Evaluation evaluate(TestInput input, String... effects) {
        String[] rules = new String[effects.length];
        for (int i = 0; i < effects.length; i++) {
            rules[i] = "{id: r" + i + ", when: 'action.model != \"m" + i + "\"', effect: " + effects[i]
                    + ", reasonCode: R}";
        }
        return Contract.parse(TestContracts.withRules(rules), "c.yaml").evaluate(input);
    }

    private static String degrade(String mutation) {
        return "{decision: degrade, mutate: {" + mutation + "}}";
    }

    private static Action.Builder call() {
        return Action.llmCall("openai", "gpt-4o").inputTokens(10);
    }

    @Test
    void degrade_everyTarget_changesAreListedInTheirOrderAndGuarded() {
        TestInput input = TestInput.of(call().maxOutputTokens(900)
                .reasoningEffort(ReasoningEffort.HIGH)
                .temperature(new BigDecimal("1.0"))
                .stopSequences(List.of("END")));

        Evaluation evaluation = evaluate(
                input,
                degrade("topP: 0.5, temperature: 0.2, stopSequences: [b, a]"),
                degrade("reasoningEffort: low, maxOutputTokens: 300, modelAlias: cheap"));

        assertThat(evaluation.patch().changes())
                .extracting(change -> change.target() + " " + change.from() + " " + change.to())
                .containsExactly(
                        "MODEL_ALIAS gpt-4o cheap",
                        "MAX_OUTPUT_TOKENS 900 300",
                        "REASONING_EFFORT high low",
                        "TEMPERATURE 1 0.2",
                        "TOP_P null 0.5",
                        "STOP_SEQUENCES END END\u001fa\u001fb");
        assertThat(evaluation.patch().stopSequences()).contains(List.of("END", "a", "b"));
        assertThat(evaluation.patch().applyTo(input.action()).build().temperature())
                .contains(new BigDecimal("0.2"));
    }

    @Test
    void degrade_capsAndEfforts_theLowestCount() {
        Evaluation evaluation = evaluate(
                TestInput.of(call()),
                degrade("maxOutputTokens: 300, reasoningEffort: minimal"),
                degrade("maxOutputTokens: 200, reasoningEffort: medium"));

        assertThat(evaluation.patch().maxOutputTokens()).hasValue(200);
        assertThat(evaluation.patch().reasoningEffort()).contains(ReasoningEffort.MINIMAL);
    }

    @Test
    void degrade_requestTighterAlready_changesNothing() {
        TestInput input = TestInput.of(call().maxOutputTokens(100)
                .reasoningEffort(ReasoningEffort.NONE)
                .temperature(new BigDecimal("0.20"))
                .stopSequences(List.of("a")));

        Evaluation evaluation = evaluate(
                input, degrade("maxOutputTokens: 300, reasoningEffort: low, temperature: 0.2, stopSequences: [a]"));

        assertThat(evaluation.effect()).isEqualTo(Effect.CONTINUE);
        assertThat(evaluation.patch().changes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"temperature: 0.1, temperature: 0.3, temperatures", "topP: 0.1, topP: 0.3, topP"})
    void degrade_valuesThatDoNotCommute_stop(String one, String other, String named) {
        Evaluation evaluation = evaluate(TestInput.of(call()), degrade(one), degrade(other));

        assertThat(evaluation.effect()).isEqualTo(Effect.STOP);
        assertThat(evaluation.reasons().get(0).text()).contains(named);
        assertThat(evaluation.patch().isEmpty()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"priority, s, CONTINUE", "priority, other, STOP", "reject, s, STOP"})
    void degrade_aliasesOfOneClass_priorityDecidesWhereTheAuthorSaysSo(String how, String second, String expected) {
        String source = TestContracts.withRules(
                        "{id: a, priority: 1, when: 'action.inputTokens > 1', effect: " + degrade("modelAlias: same")
                                + ", reasonCode: R}",
                        "{id: b, priority: 2, when: 'run.steps > 1', effect: " + degrade("modelAlias: cheap")
                                + ", reasonCode: R}")
                .replace(
                        "  models:",
                        "  combining: {modelAlias: " + how + "}\n  models:\n"
                                + "    same: {provider: openai, model: gpt-4o, class: s}")
                .replace("model: gpt-4o-mini}", "model: gpt-4o, class: " + second + "}");

        Evaluation evaluation = Contract.parse(source, "c.yaml")
                .evaluate(TestInput.of(call().run("r")).runSteps(5));

        // Both aliases stand for the model that is called already: with a winner there is nothing left to change.
        assertThat(evaluation.effect()).isEqualTo(Effect.valueOf(expected));
    }

    @Test
    void approval_severalRules_strictestRoleShortestTimeAndStrictestFallback() {
        Evaluation evaluation = evaluate(
                TestInput.of(call()),
                "{decision: require_approval, approval: {role: platform-eng, ttl: PT2H, fallback: continue}}",
                "{decision: require_approval, approval: {role: team-lead, ttl: PT5M, fallback: stop}}");

        assertThat(evaluation.approval())
                .isEqualTo(new ApprovalTerms(ApproverRole.PLATFORM_ENG, Duration.ofMinutes(5), Effect.STOP));
    }

    @Test
    void approval_rulesThatDoNotSay_teamLeadWithinAnHour() {
        assertThat(evaluate(TestInput.of(call()), "require_approval").approval())
                .isEqualTo(new ApprovalTerms(ApproverRole.TEAM_LEAD, Duration.ofHours(1), Effect.STOP));
        assertThat(evaluate(TestInput.of(call()), "stop").approval()).isNull();
    }

    @Test
    void skip_severalRules_targetsAreUnited() {
        Evaluation evaluation = evaluate(
                TestInput.of(call()),
                "{decision: skip, targets: [summary, images]}",
                "{decision: skip, targets: [images, search]}");

        assertThat(evaluation.effect()).isEqualTo(Effect.SKIP);
        assertThat(evaluation.skips()).containsExactly("images", "search", "summary");
        assertThat(evaluate(TestInput.of(call()), "{decision: skip, targets: [a]}", "stop")
                        .skips())
                .isEmpty();
    }
}
