package io.spendguard.contract;

import dev.cel.runtime.CelRuntime;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Reason;
import java.util.Set;

/**
 * A rule ready to run.
 *
 * @param rule the rule
 * @param program its condition
 * @param conditionFacts what is certain whenever the condition holds, for checks at load
 * @param facts the same of a match: of the condition at one of the rule's triggers
 * @param spec where the rule stands
 * @param budgetsRead the budgets whose balances the condition reads
 * @param runStateRead whether the condition reads the run's recorded state
 * @param repeatsRead whether the condition reads how often the action came before
 * @param reason what a match says, made once because it never changes
 */
record CompiledRule(
        Rule rule,
        CelRuntime.Program program,
        ConditionFacts conditionFacts,
        ConditionFacts facts,
        RuleSpec spec,
        Set<String> budgetsRead,
        boolean runStateRead,
        boolean repeatsRead,
        Reason reason) {
    CompiledRule(Rule rule, ConditionCompiler.Compiled condition, RuleSpec spec) {
        this(
                rule,
                condition.program(),
                condition.facts(),
                condition.facts().and(triggers(rule)),
                spec,
                condition.budgetsRead(),
                condition.runStateRead(),
                condition.repeatsRead(),
                new Reason(rule.reasonCode(), rule.id(), text(rule)));
    }

    boolean isEffective(EvaluationInput input) {
        return rule.effective().contains(input.now());
    }

    boolean readsLedger() {
        return runStateRead || !budgetsRead.isEmpty();
    }

    private static ConditionFacts triggers(Rule rule) {
        return ConditionFacts.oneOf(
                "action.kind", rule.triggers().stream().map(ActionKind::trigger).toList());
    }

    private static String text(Rule rule) {
        return "Rule '" + rule.id() + "' answers " + RuleBinder.effectName(rule.effect()) + ", because this holds: "
                + Texts.shorten(rule.condition(), 200) + ".";
    }
}
