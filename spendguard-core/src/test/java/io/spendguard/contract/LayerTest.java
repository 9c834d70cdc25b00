package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.spendguard.model.Action;
import io.spendguard.model.Effect;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A contract above and a layer below it. */
class LayerTest {
    private static Contract base(String... rules) {
        return Contract.parse(TestContracts.withRules(rules), "base.yaml");
    }

    private static String layer(String members) {
        return "apiVersion: spendguard.ai/v1\nmetadata: {name: team, tenant: acme}\nspec:\n" + members;
    }

    private static String rule(String id, String effect) {
        return "{id: " + id + ", when: 'run.steps > 1', effect: " + effect + ", reasonCode: R}";
    }

    private static List<String> faults(Contract base, String members) {
        ContractException refused =
                catchThrowableOfType(ContractException.class, () -> base.withLayer(layer(members), "team.yaml"));
        return Objects.requireNonNull(refused, "the layer was accepted").findings().stream()
                .map(Finding::toString)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "stop, continue, STOP",
        "continue, stop, STOP",
        "skip, require_approval, REQUIRE_APPROVAL",
        "require_approval, skip, REQUIRE_APPROVAL"
    })
    void evaluate_bothLayersMatch_theStricterDecides(String above, String below, Effect expected) {
        Contract both =
                base(rule("a", above)).withLayer(layer("  rules:\n    - " + rule("b", below) + "\n"), "team.yaml");

        assertThat(both.evaluate(TestInput.llmCall().runSteps(5)).effect()).isEqualTo(expected);
        assertThat(both.name()).isEqualTo("t/team");
        assertThat(both.tenant()).contains("acme");
    }

    @Test
    void evaluate_defaultAboveIsStop_aMatchBelowDoesNotLiftIt() {
        Contract allowList = Contract.parse(
                TestContracts.withRules(
                                "{id: ok, when: 'action.model == \"gpt-4o\"', effect: continue, reasonCode: OK}")
                        + "  defaults: {decision: stop}\n",
                "base.yaml");
        Contract both = allowList.withLayer(
                layer("  rules:\n    - {id: all, when: 'true', effect: continue, reasonCode: OK}\n"), "team.yaml");

        assertThat(both.evaluate(TestInput.of(Action.llmCall("openai", "o3"))).effect())
                .isEqualTo(Effect.STOP);
        assertThat(both.evaluate(TestInput.llmCall()).effect()).isEqualTo(Effect.CONTINUE);
    }

    @Test
    void withLayer_namesBudgetsAndAliasesAbove_andAddsItsOwn() {
        Contract both = base().withLayer(
                        layer(
                                "  budgets:\n    - {id: team_day, limit: 5.00 USD, window: {type: calendar_day, timezone: UTC}}\n"
                                        + "  rules:\n    - {id: low, when: 'budget(\"day\").available < money(\"1\", \"USD\")',"
                                        + " effect: {decision: degrade, mutate: {modelAlias: cheap}}, reasonCode: R}\n"),
                        "team.yaml");

        assertThat(both.budgets()).extracting(Budget::id).containsExactly("calls", "day", "team_day");
        assertThat(both.budgetsRead()).containsExactly("day");
        assertThat(both.check(ModelCatalogue.EMPTY)).isEmpty();
    }

    @Test
    void withLayer_whatWouldLoosen_isRefusedAllAtOnce() {
        Contract base = base(rule("a", "stop"));

        assertThat(faults(
                        base,
                        "  mode: shadow\n  models:\n    cheap: {provider: openai, model: gpt-4o}\n  budgets:\n"
                                + "    - {id: day, limit: 900.00 USD, window: {type: calendar_day, timezone: UTC}}\n"
                                + "  rules:\n    - " + rule("a", "continue") + "\n"))
                .containsExactly(
                        "team.yaml:4:9 mode: 'mode' is shadow, but contract 't' above is enforced: a layer only tightens."
                                + " Remove it.",
                        "team.yaml:6:5 models.cheap: 'cheap' stands for another model in the contract above: a layer"
                                + " changes nothing. Choose another alias.",
                        "team.yaml:8:12 budgets[0].id: 'id' 'day' is in the contract above already: a layer adds to it and"
                                + " changes nothing. Choose another id; both count.",
                        "team.yaml:10:12 rules[0].id: 'id' 'a' is in the contract above already: a layer adds to it and"
                                + " changes nothing. Choose another id; both count.");
    }

    @Test
    void withLayer_degradesThatContradictTheOnesAbove_areRefused() {
        Contract base = base(rule("a", "{decision: degrade, mutate: {modelAlias: cheap}}"));

        assertThat(faults(
                        base,
                        "  rules:\n    - " + rule("b", "{decision: degrade, mutate: {modelAlias: cheaper}}") + "\n"))
                .singleElement()
                .asString()
                .contains("rule 'b' and rule 'a' degrade to different models");
    }

    @Test
    void digest_coversBothLayers() {
        String below = layer("  rules:\n    - " + rule("b", "skip") + "\n");
        Contract both = base(rule("a", "stop")).withLayer(below, "team.yaml");

        assertThat(both.digest())
                .isEqualTo(
                        base(rule("a", "stop")).withLayer(below, "other.yaml").digest());
        assertThat(both.digest())
                .isNotEqualTo(
                        base(rule("a", "skip")).withLayer(below, "team.yaml").digest());
        assertThat(both.digest()).isNotEqualTo(base(rule("a", "stop")).digest());
    }
}
