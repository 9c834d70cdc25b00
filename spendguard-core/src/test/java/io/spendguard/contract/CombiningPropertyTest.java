package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.Effect;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for every set of rules. */
class CombiningPropertyTest {
    private static final String CHEAP = "{decision: degrade, mutate: {modelAlias: cheap, reasoningEffort: low}}";
    private static final String CAPPED = "{decision: degrade, mutate: {maxOutputTokens: 7, stopSequences: [b, a]}}";

    private static final TestInput INPUT =
            TestInput.llmCall().runSteps(5).estimate("2 USD").balance("day", "100 USD", "80 USD", "0 USD", "20 USD");

    private static Evaluation evaluate(List<String> rules) {
        return Contract.parse(TestContracts.withRules(rules.toArray(String[]::new)), "c.yaml")
                .evaluate(INPUT);
    }

    @Property(tries = 150)
    void evaluate_rulesInAnotherOrder_sameOutcome(@ForAll @From("rules") List<String> rules, @ForAll long seed) {
        List<String> shuffled = new ArrayList<>(rules);
        Collections.shuffle(shuffled, new Random(seed));

        Evaluation one = evaluate(rules);
        Evaluation other = evaluate(shuffled);

        assertThat(other.effect()).isEqualTo(one.effect());
        assertThat(other.patch()).isEqualTo(one.patch());
        assertThat(other.approval()).isEqualTo(one.approval());
        assertThat(other.skips()).isEqualTo(one.skips());
        assertThat(other.matchedRules()).containsExactlyInAnyOrderElementsOf(one.matchedRules());
    }

    @Property(tries = 150)
    void evaluate_oneRuleMore_neverLooser(@ForAll @From("rules") List<String> rules) {
        Effect before = evaluate(rules.subList(1, rules.size())).effect();

        assertThat(evaluate(rules).effect()).isGreaterThanOrEqualTo(before);
    }

    @Property(tries = 300)
    void parse_validContractWithAByteChanged_loadsOrReportsFindings(
            @ForAll @From("rules") List<String> rules, @ForAll int place, @ForAll char put) {
        StringBuilder source = new StringBuilder(TestContracts.withRules(rules.toArray(String[]::new)));
        source.setCharAt(Math.floorMod(place, source.length()), put);

        try {
            assertThat(Contract.parse(source.toString(), "c.yaml")
                            .evaluate(INPUT)
                            .effect())
                    .isNotNull();
        } catch (ContractException refused) {
            assertThat(refused.findings()).isNotEmpty();
        }
    }

    @Provide
    Arbitrary<List<String>> rules() {
        Arbitrary<String> conditions = Arbitraries.of(
                "action.model == \"gpt-4o\"",
                "action.model == \"o3\"",
                "action.user == \"anna\"",
                "run.steps > 3",
                "estimate.cost > money(\"1\", \"USD\")",
                "budget(\"day\").available < money(\"30\", \"USD\")");
        Arbitrary<String> effects = Arbitraries.of(
                "continue",
                "{decision: skip, targets: [b]}",
                "{decision: skip, targets: [a]}",
                "{decision: require_approval, approval: {role: tenant-admin, ttl: PT2H}}",
                "{decision: require_approval, approval: {ttl: PT5M, fallback: continue}}",
                "stop",
                CHEAP,
                CAPPED);
        return Combinators.combine(conditions, effects, Arbitraries.integers().between(-1, 1))
                .as((condition, effect, priority) ->
                        "priority: " + priority + ", effect: " + effect + ", reasonCode: R, when: '" + condition + "'}")
                .list()
                .ofMinSize(1)
                .ofMaxSize(6)
                .map(CombiningPropertyTest::numbered);
    }

    private static List<String> numbered(List<String> rules) {
        List<String> numbered = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            numbered.add("{id: r" + i + ", " + rules.get(i));
        }
        return numbered;
    }
}
