package io.spendguard.contract;

import io.spendguard.model.ActionKind;
import io.spendguard.model.Effect;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One document's part in an evaluation: its rules, what their conditions can name, and its answer when none matches.
 *
 * @param vocabulary what conditions can name
 * @param variables the same by name
 * @param rules by kind of action, highest priority first
 * @param all every rule, highest priority first
 * @param unmatched the answer when no rule of this layer matches
 * @param unmatchedReason why that is so; null when the answer is to continue
 */
record Layer(
        Vocabulary vocabulary,
        Map<String, Variable> variables,
        Map<ActionKind, List<CompiledRule>> rules,
        List<CompiledRule> all,
        Effect unmatched,
        @Nullable Reason unmatchedReason) {
    private static final ReasonCode DEFAULT_DECISION = new ReasonCode("DEFAULT_DECISION");

    static Layer of(Vocabulary vocabulary, List<CompiledRule> byPriority, Effect defaultEffect) {
        Map<ActionKind, List<CompiledRule>> rules = new EnumMap<>(ActionKind.class);
        for (ActionKind kind : ActionKind.values()) {
            rules.put(
                    kind,
                    byPriority.stream()
                            .filter(r -> r.rule().triggers().contains(kind))
                            .toList());
        }
        Reason reason = defaultEffect == Effect.CONTINUE
                ? null
                : Reason.of(
                        DEFAULT_DECISION,
                        "No rule matched and the contract's default is " + RuleBinder.effectName(defaultEffect)
                                + ". Add a rule that answers continue for such actions.");
        return new Layer(vocabulary, vocabulary.byName(), rules, List.copyOf(byPriority), defaultEffect, reason);
    }

    List<CompiledRule> rules(ActionKind kind) {
        return rules.getOrDefault(kind, List.of());
    }
}
