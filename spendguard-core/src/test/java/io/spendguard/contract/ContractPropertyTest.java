package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Effect;
import io.spendguard.model.Unit;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ContractPropertyTest {
    private static final List<Effect> EFFECTS = List.of(Effect.values());

    private static final List<String> ATOMS = List.of(
            "action.model == \"gpt-4o\"",
            "action.user.startsWith(\"a\")",
            "action.inputTokens > 100",
            "labels.team == \"red\"",
            "labels.exists(k, labels[k] == action.user)",
            "run.steps > 3",
            "budget(\"day\").spent >= budget(\"day\").limit",
            "budget(\"day\").available.amountMicros < 20",
            "estimate.cost > money(\"1\", \"USD\")",
            "budget(\"calls\").spent + budget(\"calls\").held > amount(\"9 calls\")",
            "has(action.tool)",
            "get(labels.team, \"none\") != \"red\"",
            "action.kind == \"llm.call.pre\"");

    @Property(tries = 500)
    void evaluate_anyActionAndBalances_neverThrowsAndFollowsItsReasons(
            @ForAll @From("conditions") List<String> conditions, @ForAll @From("inputs") TestInput input) {
        List<String> rules = new ArrayList<>();
        for (int i = 0; i < conditions.size(); i++) {
            String effect = EFFECTS.get(i) == Effect.DEGRADE
                    ? "{decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 7}}"
                    : RuleBinder.effectName(EFFECTS.get(i));
            rules.add("{id: r" + i + ", priority: " + i + ", effect: " + effect + ", reasonCode: R, when: '"
                    + conditions.get(i) + "'}");
        }
        Contract contract = Contract.parse(TestContracts.withRules(rules.toArray(String[]::new)), "c.yaml");

        Evaluation evaluation = contract.evaluate(input);

        assertThat(evaluation).isEqualTo(contract.evaluate(input));
        assertThat(evaluation.patch().isEmpty()).isEqualTo(evaluation.effect() != Effect.DEGRADE);
        if (evaluation.reasons().isEmpty()) {
            assertThat(evaluation.effect()).isEqualTo(Effect.CONTINUE);
            assertThat(evaluation.matchedRules()).isEmpty();
        }
    }

    /** A rule that answers CONTINUE although it read an absent value would have done so for every value. */
    @Property(tries = 500)
    void evaluate_valueAbsent_passesOnlyWhatEveryValueWouldPass(
            @ForAll @From("condition") String condition, @ForAll @From("identifiers") String value) {
        Contract contract = TestContracts.stopWhen(condition
                .replace("has(action.tool)", "action.kind != \"llm.call.pre\"")
                .replace("get(labels.team, \"none\")", "labels.team"));
        TestInput without =
                balanced(Action.llmCall("openai", "gpt-4o").inputTokens(150).run("r"));
        TestInput with = balanced(Action.llmCall("openai", "gpt-4o")
                .inputTokens(150)
                .run("r")
                .user(value)
                .label("team", value));

        Effect unknown = contract.evaluate(without).effect();

        // A loop over no labels is false without any value being absent.
        if (unknown != Effect.REQUIRE_APPROVAL && !condition.contains("labels.exists")) {
            assertThat(contract.evaluate(with).effect()).isEqualTo(unknown);
        }
    }

    @Property(tries = 1_000)
    void parse_anyText_eitherLoadsOrReportsFindings(@ForAll @From("documents") String source) {
        try {
            assertThat(Contract.parse(source, "c.yaml").digest()).isNotNull();
        } catch (ContractException refused) {
            assertThat(refused.findings()).isNotEmpty();
        }
    }

    @Provide
    Arbitrary<String> condition() {
        Arbitrary<String> atom = Arbitraries.of(ATOMS);
        return Combinators.combine(
                        atom,
                        atom,
                        atom,
                        Arbitraries.of("&&", "||"),
                        Arbitraries.of("&&", "||"),
                        Arbitraries.of("", "!"))
                .as((a, b, c, first, second, not) -> not + "(" + a + " " + first + " " + b + ") " + second + " " + c);
    }

    @Provide
    Arbitrary<List<String>> conditions() {
        return condition().list().ofMinSize(1).ofMaxSize(5);
    }

    @Provide
    Arbitrary<String> identifiers() {
        return Arbitraries.of("red", "blue", "anna", "gpt-4o", "é😀");
    }

    @Provide
    Arbitrary<TestInput> inputs() {
        Arbitrary<Action.Builder> actions = Combinators.combine(
                        Arbitraries.of(ActionKind.values()),
                        Arbitraries.longs().between(0, (1L << 53) - 1).injectNull(0.3),
                        Arbitraries.of("red", "blue").injectNull(0.3),
                        Arbitraries.of("gpt-4o", "gpt-4o-mini").injectNull(0.3),
                        Arbitraries.of("run-1").injectNull(0.3))
                .as((kind, tokens, team, model, run) -> {
                    Action.Builder action = Action.of(kind);
                    if (tokens != null) {
                        action.inputTokens(tokens).maxOutputTokens(Math.max(1, tokens));
                    }
                    if (team != null) {
                        action.label("team", team).user(team);
                    }
                    if (model != null) {
                        action.model("openai", model);
                    }
                    return run == null ? action : action.run(run);
                });
        Arbitrary<Long> atoms = Arbitraries.longs().between(0, Long.MAX_VALUE);
        return Combinators.combine(actions, atoms, atoms, Arbitraries.of(0, 1, 2))
                .as((action, a, b, known) -> {
                    TestInput input = TestInput.of(action).runSteps(a);
                    if (known == 1) {
                        // Balances of a unit the contract does not mean.
                        return input.balance("day", a + " calls", a + " calls", b + " calls", b + " calls");
                    }
                    return known == 2 ? balances(input, a, b) : input;
                });
    }

    @Provide
    Arbitrary<String> documents() {
        Arbitrary<String> pieces = Arbitraries.of(
                "apiVersion: spendguard.ai/v1\n",
                "metadata: {name: a}\n",
                "spec:\n",
                "  budgets:\n",
                "    - id: a\n",
                "      limit: 3 calls\n",
                "      window: {type: run}\n",
                "  rules:\n",
                "    - when: ",
                "true\n",
                "\"",
                "'",
                "{",
                "}",
                "[",
                "]",
                "&a ",
                "*a ",
                "!!x ",
                "|\n",
                "- ",
                "? ",
                ": ",
                "\t",
                "\u0000",
                "😀",
                "#",
                "---\n",
                "%",
                "budget(",
                "has(",
                "||",
                "9".repeat(30));
        return pieces.list().ofMaxSize(25).map(list -> String.join("", list));
    }

    private static TestInput balances(TestInput input, long a, long b) {
        String money = new Amount(a, new Unit("USD")).toString();
        String other = new Amount(b, new Unit("USD")).toString();
        return input.estimate(other)
                .balance("day", money, other, money, other)
                .balance("calls", a + " calls", b + " calls", a + " calls", b + " calls");
    }

    private static TestInput balanced(Action.Builder action) {
        return TestInput.of(action)
                .runSteps(5)
                .estimate("2 USD")
                .balance("day", "100 USD", "80 USD", "0 USD", "20 USD")
                .balance("calls", "20 calls", "5 calls", "1 calls", "14 calls");
    }
}
