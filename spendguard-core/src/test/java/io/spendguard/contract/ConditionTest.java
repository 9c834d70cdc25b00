package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Effect;
import io.spendguard.model.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What conditions can say, and what is refused at load. */
class ConditionTest {
    private static TestInput input() {
        return TestInput.of(Action.llmCall("openai", "gpt-4o")
                        .run("run-1")
                        .agent("planner")
                        .inputTokens(1_200)
                        .maxOutputTokens(800)
                        .label("team", "red"))
                .now("2026-11-23T10:00:00Z")
                .runSteps(7)
                .estimate("0.03 USD")
                .estimate("1 calls")
                .balance("day", "100.00 USD", "80.00 USD", "5.00 USD", "15.00 USD")
                .balance("calls", "20 calls", "19 calls", "0 calls", "1 calls");
    }

    private static Effect evaluate(String condition) {
        return TestContracts.stopWhen(condition).evaluate(input()).effect();
    }

    private static Evaluation evaluateWithoutAnything(String condition) {
        return TestContracts.stopWhen(condition).evaluate(TestInput.of(Action.toolCall("mail")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "true",
                "action.kind == \"llm.call.pre\" && action.provider == \"openai\" && action.model.startsWith(\"gpt-4\")",
                "action.run == \"run-1\" && action.agent in [\"planner\", \"writer\"]",
                "action.inputTokens + action.maxOutputTokens == 2000",
                "labels.team == \"red\" && labels[\"team\"] != \"blue\" && !(\"cost\" in labels) && size(labels) == 1",
                "labels.exists(name, name == \"team\" && labels[name] == \"red\") && labels.all(name, size(name) < 5)",
                "run.steps >= 7",
                "now > timestamp(\"2026-01-01T00:00:00Z\") && now.getHours(\"Asia/Kathmandu\") == 15",
                "estimate.cost == money(\"0.03\", \"USD\") && estimate.cost.amountMicros == 30000",
                "budget(\"day\").available == budget(\"day\").remaining",
                "budget(\"day\").limit - budget(\"day\").spent - budget(\"day\").held == budget(\"day\").available",
                "budget(\"day\").spent * 10 >= budget(\"day\").limit * 8",
                "budget(\"day\").available - estimate.cost * 1000 < money(\"0\", \"USD\")",
                "budget(\"day\").spent + estimate.cost > amount(\"80.00 USD\")",
                "budget(\"calls\").available <= amount(\"1 calls\")",
                "(has(action.tool) ? money(\"1\", \"USD\") : money(\"80\", \"USD\")) == budget(\"day\").spent",
                "has(action.model) && exists(action.model) && has(action.kind) && has(labels.team) && has(labels[\"team\"])",
                "!has(action.user) && !exists(labels.cost) && has(estimate.cost) && has(run.steps)",
                "get(action.user, \"nobody\") == \"nobody\" && get(labels.team, \"none\") == \"red\"",
                "coalesce(action.user, labels.cost, action.agent, \"x\") == \"planner\"",
                "get(estimate.cost, money(\"9\", \"USD\")) < money(\"1\", \"USD\")",
            })
    void evaluate_conditionThatHolds_stops(String condition) {
        assertThat(evaluate(condition)).isEqualTo(Effect.STOP);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "action.model == \"x\" ; action.model is absent. Test it first with has(action.model).",
                "labels.team == \"red\" ; a label or key is absent. Test it first, as in has(labels.NAME).",
                "labels[\"team\"] == \"red\" ; a label or key is absent. Test it first, as in has(labels.NAME).",
                "action.inputTokens > 0 ; action.inputTokens is absent. Test it first with has(action.inputTokens).",
                "estimate.cost > money(\"0\", \"USD\") ; estimate.cost is absent. Test it first with has(estimate.cost).",
                "run.steps > 3 ; run.steps is absent. Test it first with has(run.steps).",
                "action.model == \"x\" && true ; action.model is absent. Test it first with has(action.model).",
                "true && action.model == \"x\" ; action.model is absent. Test it first with has(action.model).",
                "action.model == \"x\" || false ; action.model is absent. Test it first with has(action.model).",
                "!(action.model == \"x\") ; action.model is absent. Test it first with has(action.model).",
                "!(action.model == \"x\") && size(labels) < 2 ; action.model is absent. Test it first with has(action.model).",
                "[\"a\"].all(x, action.model == x) ; action.model is absent. Test it first with has(action.model).",
                "[\"a\"].exists(x, action.model == x) ; action.model is absent. Test it first with has(action.model).",
            })
    void evaluate_readsAnAbsentValue_requiresApprovalAndNamesIt(String condition, String cause) {
        Evaluation evaluation = evaluateWithoutAnything(condition);

        assertThat(evaluation.effect()).isEqualTo(Effect.REQUIRE_APPROVAL);
        assertThat(evaluation.reasons())
                .extracting(Reason::toString)
                .containsExactly("EVALUATION_ERROR (r): Rule 'r' could not be evaluated: " + cause);
        assertThat(evaluation.matchedRules()).isEmpty();
    }

    @Test
    void evaluate_balanceUnknown_requiresApprovalAndNamesTheBudget() {
        Evaluation evaluation = evaluateWithoutAnything("budget(\"calls\").spent > amount(\"3 calls\")");

        assertThat(evaluation.reasons())
                .extracting(Reason::text)
                .containsExactly(
                        "Rule 'r' could not be evaluated: budget(\"calls\").spent is unknown: the action has no"
                                + " account of it. For a budget per run, give the action a run.");
    }

    @Test
    void evaluate_balanceInAnotherUnit_requiresApproval() {
        Contract contract = TestContracts.stopWhen("budget(\"day\").spent > money(\"3.00\", \"USD\")");

        Evaluation evaluation =
                contract.evaluate(TestInput.llmCall().balance("day", "9 EUR", "9 EUR", "0 EUR", "0 EUR"));

        assertThat(evaluation.effect()).isEqualTo(Effect.REQUIRE_APPROVAL);
    }

    @Test
    void evaluate_sumOverflows_requiresApproval() {
        Contract contract = TestContracts.stopWhen("budget(\"day\").limit * 1000000000 > budget(\"day\").spent");

        Evaluation evaluation = contract.evaluate(input());

        assertThat(evaluation.effect()).isEqualTo(Effect.REQUIRE_APPROVAL);
        assertThat(evaluation.reasons())
                .extracting(Reason::text)
                .containsExactly(
                        "Rule 'r' could not be evaluated: a number became too large. Compute with smaller ones.");
    }

    @Test
    void evaluate_ledgerThrows_requiresApproval() {
        Contract contract = TestContracts.stopWhen("budget(\"day\").spent > money(\"3.00\", \"USD\")");
        EvaluationInput broken = new BrokenInput(input());

        assertThat(contract.evaluate(broken).effect()).isEqualTo(Effect.REQUIRE_APPROVAL);
    }

    @ParameterizedTest
    @CsvSource({
        "action.model == \"x\" && size(labels) > 2, CONTINUE",
        "size(labels) > 2 && action.model == \"x\", CONTINUE",
        "action.model == \"x\" || size(labels) < 2, STOP",
        "has(action.model) && action.model == \"x\", CONTINUE"
    })
    void evaluate_otherSideSettlesIt_absentValueDoesNotMatter(String condition, Effect effect) {
        assertThat(evaluateWithoutAnything(condition).effect()).isEqualTo(effect);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "budget(\"day\").spent > money(\"1\", \"EUR\")      | an amount of USD meets one of EUR: units never convert. Compare amounts of one unit.",
                "budget(\"day\").spent > budget(\"calls\").spent    | an amount of USD meets one of calls: units never convert. Compare amounts of one unit.",
                "budget(\"day\").spent > 3                          | an amount of USD meets a plain value. Write an amount, such as money(\"20.00\", \"USD\").",
                "3 > budget(\"calls\").spent                        | an amount of calls meets a plain value. Write an amount, such as amount(\"20 calls\").",
                "budget(\"day\").spent                              | the condition is an amount of USD, neither true nor false. Compare it.",
                "[budget(\"day\").spent] == [1]                     | an amount of USD cannot be used so. Amounts can be compared, added, subtracted and multiplied by a whole number.",
                "budget(\"day\").spent * budget(\"day\").spent == 1 | an amount of USD cannot be used so. Amounts can be compared, added, subtracted and multiplied by a whole number.",
                "string(budget(\"day\").spent) == \"1\"             | an amount of USD cannot be used so. Amounts can be compared, added, subtracted and multiplied by a whole number.",
                "budget(\"day\").limit * 0.8 > budget(\"day\").spent | an amount is multiplied by whole numbers only. Write spent * 10 >= limit * 8 instead of spent >= limit * 0.8.",
                "budget(\"calls\").spent.amountMicros > 3           | 'amountMicros' is a field of money, not of calls. Compare the amount itself.",
                "(budget(\"day\").spent + budget(\"day\").held).amountMicros > 3 | 'amountMicros' of a computed amount is not defined. Compute with the amounts themselves.",
                "money(\"1.0000001\", \"USD\").amountMicros > 3     | the amount has more than six decimals, which 'amountMicros' cannot hold. Compare the amount itself.",
                "money(20, \"USD\") > budget(\"day\").spent         | money() takes a number and a currency in quotes, such as money(\"20.00\", \"USD\").",
                "money(\"20\", \"calls\") > budget(\"calls\").spent | 'calls' is no currency. Write amount(\"20 calls\").",
                "money(\"1,000\", \"USD\") > budget(\"day\").spent  | Amount '1,000 USD' is malformed: write number, one space, unit, such as '25.00 USD' or '3 calls', without sign, symbol or thousands separator.",
                "budget(action.run).spent > money(\"1\", \"USD\")   | budget() takes the id of a budget in quotes, such as budget(\"daily\"). Write the id itself.",
                "budget(\"dya\").spent > money(\"1\", \"USD\")      | unknown budget 'dya'. Did you mean 'day'?",
                "budget(\"day\").used > money(\"1\", \"USD\")       | unknown field 'used' of a budget. Known here: limit, spent, held, available, remaining.",
                "action.modle == \"x\"                              | unknown field 'action.modle'. Did you mean 'action.model'?",
                "action == \"x\"                                    | 'action' is no value. Read one of its fields: action.kind, action.provider, action.model, action.tool, action.tenant, action.run, action.step, action.agent, action.user, action.inputTokens, action.maxOutputTokens.",
                "action.model > 3                                   | '>' does not take (string, int). Use values of matching types.",
                "action.inputTokens                                 | the condition is of type int, neither true nor false. Compare it.",
                "action.model.matches(\"(a+)+$\")                   | matches() is not allowed: the cost of a pattern has no bound here. Use ==, in, startsWith, endsWith or contains.",
                "action.model in [1, \"a\"]                         | values of different types are mixed here. Use one type.",
                "has(budget(\"day\").spent)                         | has() takes a field of action, run, estimate or labels, such as has(action.model).",
                "timestamp(\"yesterday\") < now                     | 'timestamp' always fails on these values. Correct them.",
                "now.getHours(\"Europe/Berlim\") > 3                | 'getHours' always fails on these values. Correct them.",
                "labels.exists(action, true)                        | the loop variable 'action' hides another name. Choose another, such as 'x'.",
                "labels.all(a, labels.all(b, labels.all(c, a == c))) | loops are nested deeper than 2. Write two rules.",
                "[[1]].all(a, a.all(b, b > 1))                      | loops run over labels or over a list written out, such as [\"a\", \"b\"].",
                "startWith(action.model, \"a\")                     | unknown function 'startWith'. Did you mean 'startsWith'?",
                "1 +                                                | the condition ends too early. Complete it.",
                "action.model ==== 3                                | unexpected '=='. Correct the expression here.",
            })
    void parse_conditionWithAFault_saysWhat(String condition, String fault) {
        assertThat(TestContracts.faultsOf(condition)).containsExactly(fault);
    }

    @Test
    void parse_estimateCostWithoutMoneyBudget_isRefused() {
        String source = TestContracts.stopWhenSource("estimate.cost > money(\"1\", \"USD\")")
                .replace("100.00 USD", "100 calls");

        assertThat(TestContracts.findings(source))
                .containsExactly("c.yaml:11:51 rules[0].when: 'estimate.cost' has no currency, because the contract has"
                        + " no money budget. Add one.");
    }

    @Test
    void parse_hugeConditions_areRefusedQuickly() {
        assertThat(TestContracts.faultsOf("1 == 1 " + "&& 1 == 1 ".repeat(450)))
                .containsExactly("the condition is longer than 4096 characters. Write several rules.");
        assertThat(TestContracts.faultsOf("(".repeat(2_000) + "true" + ")".repeat(2_000)))
                .containsExactly("Expression recursion limit exceeded. limit: 32. Correct the expression here.");
        assertThat(TestContracts.faultsOf("true" + "||true".repeat(600))).hasSize(1);
    }

    @Test
    void readsLedger_dependsOnWhatRulesOfTheKindRead() {
        Contract contract = Contract.parse(
                TestContracts.withRules(
                        "{id: a, at: [tool.call.pre], effect: stop, reasonCode: R, when: 'run.steps > 3'}",
                        "{id: b, at: [llm.call.pre], effect: stop, reasonCode: R,"
                                + " when: 'get(action.user, \"\") == \"x\" || budget(\"day\").spent.amountMicros > 3'}",
                        "{id: c, at: [run.pre], effect: stop, reasonCode: R, when: 'action.agent == \"x\"'}"),
                "c.yaml");

        assertThat(contract.readsLedger(ActionKind.TOOL_CALL)).isTrue();
        assertThat(contract.readsLedger(ActionKind.LLM_CALL)).isTrue();
        assertThat(contract.readsLedger(ActionKind.RUN)).isFalse();
        assertThat(contract.readsLedger(ActionKind.AGENT_STEP)).isFalse();
        assertThat(contract.budgetsRead()).containsExactly("day");
        assertThat(contract.budgetsRead(ActionKind.LLM_CALL)).containsExactly("day");
        assertThat(contract.budgetsRead(ActionKind.TOOL_CALL)).isEmpty();
    }
}
