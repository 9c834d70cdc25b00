package io.spendguard.contract;

import io.spendguard.model.ActionKind;
import io.spendguard.model.Effect;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What is wrong with compiled rules although each of them compiles: those that can never match, never decide, or
 * contradict each other. Says "never" only where it is certain; what may happen is a warning.
 */
final class RuleChecks {
    private final Findings findings;
    private final Models models;

    RuleChecks(Findings findings, Models models) {
        this.findings = findings;
        this.models = models;
    }

    /**
     * Checks rules, each against itself and the others.
     *
     * @param rules the document's own, as written
     * @param above those of the layers above, which were checked among themselves
     */
    void check(List<CompiledRule> rules, List<CompiledRule> above) {
        for (CompiledRule rule : rules) {
            alone(rule);
        }
        for (int i = 0; i < rules.size(); i++) {
            for (CompiledRule upper : above) {
                conflict(upper, rules.get(i));
                shadowed(rules.get(i), upper);
            }
            for (int j = 0; j < rules.size(); j++) {
                if (j < i) {
                    conflict(rules.get(j), rules.get(i));
                }
                if (i != j) {
                    shadowed(rules.get(i), rules.get(j));
                }
            }
        }
    }

    private void alone(CompiledRule compiled) {
        Rule rule = compiled.rule();
        if (!compiled.conditionFacts().isPossible()) {
            fault(compiled, "the condition can never hold. Correct it or remove the rule.");
        } else if (!compiled.facts().isPossible()) {
            fault(
                    compiled,
                    "the condition holds for no trigger of the rule: it asks for another 'action.kind'."
                            + " Correct 'at' or the condition.");
        }
        if (rule.effect() == Effect.DEGRADE && !rule.triggers().contains(ActionKind.LLM_CALL)) {
            findings.warn(
                    compiled.spec().condition().position(),
                    compiled.spec().path(),
                    "rule '" + rule.id()
                            + "' degrades, but is never evaluated at llm.call.pre: only model calls can be degraded."
                            + " Add that trigger or choose another effect.");
        }
    }

    private void conflict(CompiledRule first, CompiledRule second) {
        if (first.rule().effect() != Effect.DEGRADE || second.rule().effect() != Effect.DEGRADE) {
            return;
        }
        String what = Degradation.conflict(first.rule(), second.rule(), models);
        if (what == null || !meet(first, second)) {
            return;
        }
        ConditionFacts one = first.facts();
        ConditionFacts other = second.facts();
        String text =
                "rule '" + second.rule().id() + "' and rule '" + first.rule().id() + "' degrade to " + what;
        if (one.implies(other) || other.implies(one)) {
            findings.fault(
                    second.spec().aliasPosition(),
                    second.spec().path() + ".effect.mutate",
                    text + ", and whenever one of them matches so does the other."
                            + " Make their conditions exclude each other, such as by && !(...).");
        } else if (one.and(other).isPossible() && !one.excludes(other)) {
            findings.warn(
                    second.spec().aliasPosition(),
                    second.spec().path() + ".effect.mutate",
                    text + ": an action both match is stopped."
                            + " Make their conditions exclude each other, such as by && !(...).");
        }
    }

    /** A rule whose every match another rule answers more strictly changes no decision. */
    private void shadowed(CompiledRule rule, CompiledRule by) {
        if (rule.rule().effect().compareTo(by.rule().effect()) < 0
                && rule.rule().effect() != Effect.CONTINUE
                && by.rule().triggers().containsAll(rule.rule().triggers())
                && !by.rule().effective().from().isAfter(rule.rule().effective().from())
                && !by.rule()
                        .effective()
                        .until()
                        .isBefore(rule.rule().effective().until())
                && rule.facts().implies(by.conditionFacts())) {
            findings.warn(
                    rule.spec().position(),
                    rule.spec().path(),
                    "rule '" + rule.rule().id() + "' can never decide: whenever it matches, rule '"
                            + by.rule().id() + "' answers "
                            + RuleBinder.effectName(by.rule().effect())
                            + ", which is stricter. Narrow that rule or remove this one.");
        }
    }

    private static boolean meet(CompiledRule first, CompiledRule second) {
        Set<ActionKind> both = EnumSet.copyOf(first.rule().triggers());
        both.retainAll(second.rule().triggers());
        return both.contains(ActionKind.LLM_CALL)
                && first.rule()
                        .effective()
                        .from()
                        .isBefore(second.rule().effective().until())
                && second.rule()
                        .effective()
                        .from()
                        .isBefore(first.rule().effective().until());
    }

    private void fault(CompiledRule rule, String message) {
        findings.fault(rule.spec().condition().position(), rule.spec().conditionPath(), message);
    }
}
