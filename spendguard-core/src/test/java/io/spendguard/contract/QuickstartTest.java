package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.ActionKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Effect;
import io.spendguard.model.PatchTarget;
import io.spendguard.model.Reason;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The reference's quickstart behaves as its text says. */
class QuickstartTest {
    private final Contract contract = TestContracts.quickstart();

    @Test
    void parse_quickstart_hasWhatItSays() {
        assertThat(contract.name()).isEqualTo("daily");
        assertThat(contract.tenant()).contains("acme");
        assertThat(contract.version()).contains("1.0.0");
        assertThat(contract.mode()).isEqualTo(Mode.SHADOW);
        assertThat(contract.defaultEffect()).isEqualTo(Effect.CONTINUE);
        assertThat(contract.budgets())
                .containsExactly(Budget.of(
                        "daily_usd", Amount.parse("100.00 USD"), new WindowSpec.CalendarDay(ZoneId.of("UTC"))));
        assertThat(contract.rules()).extracting(Rule::id).containsExactly("out_of_money", "nearly_out");
        assertThat(contract.readsLedger(ActionKind.LLM_CALL)).isTrue();
        assertThat(contract.budgetsRead()).containsExactly("daily_usd");
    }

    @Test
    void warnings_nameTheMembersWithoutEffectAndTheUnknownAlias() {
        assertThat(contract.warnings(ModelCatalogue.EMPTY))
                .extracting(Finding::toString)
                .containsExactly(
                        "quickstart-v1alpha1.yaml:11:35 budgets[0].reservation.amountSource: 'risk.p95' has no effect"
                                + " here: a hold is the most the action can cost, never less. Nothing to do.",
                        "quickstart-v1alpha1.yaml:22:56 rules[1].effect.mutate.modelAlias: unknown model alias"
                                + " 'low_cost_research': neither the contract nor the catalogue names its model."
                                + " Add it to 'models'.");
        assertThat(contract.check(ModelCatalogue.EMPTY)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        // spent, held, available, effect
        "0.00 USD, 0.00 USD, 100.00 USD, CONTINUE",
        "80.00 USD, 0.00 USD, 20.00 USD, CONTINUE",
        "80.000001 USD, 0.00 USD, 19.999999 USD, DEGRADE",
        // Available is rounded down to a micro: against the spender.
        "80.000000001 USD, 0.00 USD, 19.999999999 USD, DEGRADE",
        "50.00 USD, 49.00 USD, 1.00 USD, DEGRADE",
        "99.999998 USD, 0.00 USD, 0.000002 USD, DEGRADE",
        // Spent is rounded up to a micro, so one nano short of the limit has reached it.
        "99.999999999 USD, 0.00 USD, 0.000000001 USD, STOP",
        "100.00 USD, 0.00 USD, 0.00 USD, STOP",
        "120.00 USD, 0.00 USD, 0.00 USD, STOP",
    })
    void evaluate_atBalances_answersAsTheTextSays(String spent, String held, String available, Effect effect) {
        TestInput input = TestInput.llmCall().balance("daily_usd", "100.00 USD", spent, held, available);

        assertThat(contract.evaluate(input).effect()).isEqualTo(effect);
    }

    @Test
    void evaluate_nothingLeft_listsBothRulesStopFirst() {
        Evaluation evaluation = contract.evaluate(
                TestInput.llmCall().balance("daily_usd", "100.00 USD", "100.00 USD", "0.00 USD", "0.00 USD"));

        assertThat(evaluation.reasons())
                .extracting(Reason::toString)
                .containsExactly(
                        "BUDGET_EXHAUSTED (out_of_money): Rule 'out_of_money' answers stop, because this holds:"
                                + " budget(\"daily_usd\").spent.amountMicros >= budget(\"daily_usd\").limit.amountMicros.",
                        "BUDGET_LOW (nearly_out): Rule 'nearly_out' answers degrade, because this holds:"
                                + " budget(\"daily_usd\").remaining.amountMicros < money(\"20.00\", \"USD\").amountMicros.");
        assertThat(evaluation.matchedRules()).containsExactly("out_of_money", "nearly_out");
        assertThat(evaluation.patch().isEmpty()).isTrue();
    }

    @Test
    void evaluate_nearlyOut_changesTheModelOfThisRequestOnly() {
        Evaluation evaluation = contract.evaluate(
                TestInput.llmCall().balance("daily_usd", "100.00 USD", "81.00 USD", "0.00 USD", "19.00 USD"));

        assertThat(evaluation.patch().changes()).singleElement().satisfies(change -> {
            assertThat(change.target()).isEqualTo(PatchTarget.MODEL_ALIAS);
            assertThat(change.from()).isEqualTo("gpt-4o");
            assertThat(change.to()).isEqualTo("low_cost_research");
        });
    }

    @Test
    void parse_sameMeaningInOurOwnDialect_hasTheSameDigest() {
        Contract ours = Contract.parse("""
                apiVersion: spendguard.ai/v1
                metadata: {name: daily, tenant: acme, version: "1.0.0", owner: platform}
                spec:
                  mode: shadow
                  budgets: [{id: daily_usd, limit: 100 USD, window: {type: calendar_day, timezone: UTC}}]
                  rules:
                    - id: nearly_out
                      priority: 500
                      when: budget("daily_usd").remaining.amountMicros < money("20.00", "USD").amountMicros
                      effect: {decision: degrade, mutate: {modelAlias: low_cost_research}}
                      reasonCode: BUDGET_LOW
                    - id: out_of_money
                      priority: 1000
                      when: >-
                        budget("daily_usd").spent.amountMicros
                          >= budget("daily_usd").limit.amountMicros // as the reference writes it
                      effect: stop
                      reasonCode: BUDGET_EXHAUSTED
                """, "ours.yaml");

        assertThat(ours.canonical()).hasToString(contract.canonical().toString());
        assertThat(ours.digest()).isEqualTo(contract.digest());
    }
}
