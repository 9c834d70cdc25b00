package io.spendguard.contract;

import dev.cel.common.ast.CelExpr;
import dev.cel.runtime.CelRuntime;
import io.spendguard.model.Reason;
import java.util.Set;

/**
 * A rule ready to run.
 *
 * @param rule the rule
 * @param program its condition
 * @param tree the same as a tree, for checks at load
 * @param spec where the rule stands
 * @param budgetsRead the budgets whose balances the condition reads
 * @param runStateRead whether the condition reads the run's recorded state
 * @param repeatsRead whether the condition reads how often the action came before
 * @param reason what a match says, made once because it never changes
 */
record CompiledRule(
        Rule rule,
        CelRuntime.Program program,
        CelExpr tree,
        RuleSpec spec,
        Set<String> budgetsRead,
        boolean runStateRead,
        boolean repeatsRead,
        Reason reason) {
    CompiledRule(Rule rule, ConditionCompiler.Compiled condition, RuleSpec spec) {
        this(
                rule,
                condition.program(),
                condition.tree(),
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

    private static String text(Rule rule) {
        return "Rule '" + rule.id() + "' answers " + RuleBinder.effectName(rule.effect()) + ", because this holds: "
                + Texts.shorten(rule.condition(), 200) + ".";
    }
}
