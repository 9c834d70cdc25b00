package io.spendguard.contract;

import io.spendguard.contract.Evaluator.Voice;
import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Effect;
import io.spendguard.model.Patch;
import io.spendguard.model.PatchTarget;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.ReasoningEffort;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the degrade rules that matched amount to on one action: one patch, nothing at all, or a conflict.
 *
 * @param patch the merged changes; empty when nothing changes
 * @param conflict why the rules exclude each other, or null
 */
record Degradation(Patch patch, @Nullable Reason conflict) {
    private static final Degradation NOTHING = new Degradation(Patch.NONE, null);

    /*
     * Rules arrive by priority, and none of the merges below depends on it but the one the author asked for: the lowest
     * cap and the lowest effort count, stop sequences are united in their natural order after the request's own, and for
     * model, temperature and topP the rules must agree. Changes are listed in the order of their targets.
     */
    static Degradation of(List<CompiledRule> degrading, EvaluationInput input, Models models) {
        Action action = input.action();
        if (degrading.isEmpty() || action.kind() != ActionKind.LLM_CALL) {
            return NOTHING;
        }
        List<Rule> rules = degrading.stream().map(CompiledRule::rule).toList();
        for (int i = 0; i < rules.size(); i++) {
            for (int j = i + 1; j < rules.size(); j++) {
                String conflict = conflict(rules.get(i), rules.get(j), models);
                if (conflict != null) {
                    return new Degradation(Patch.NONE, conflict(rules.get(i), rules.get(j), conflict));
                }
            }
        }
        Merge merge = new Merge(action);
        ModelAlias alias = first(rules, Mutation::modelAlias);
        if (alias != null && !models.isCalled(alias, action, input)) {
            merge.change(PatchTarget.MODEL_ALIAS, alias.toString());
        }
        Long cap = least(rules, Mutation::maxOutputTokens);
        if (cap != null && cap < action.maxOutputTokens().orElse(Long.MAX_VALUE)) {
            merge.change(PatchTarget.MAX_OUTPUT_TOKENS, Long.toString(cap));
        }
        ReasoningEffort effort = least(rules, Mutation::reasoningEffort);
        if (effort != null
                && action.reasoningEffort()
                        .filter(e -> e.compareTo(effort) <= 0)
                        .isEmpty()) {
            merge.change(PatchTarget.REASONING_EFFORT, effort.text());
        }
        merge.decimal(PatchTarget.TEMPERATURE, first(rules, Mutation::temperature));
        merge.decimal(PatchTarget.TOP_P, first(rules, Mutation::topP));
        Set<String> stops = new LinkedHashSet<>(action.stopSequences());
        Set<String> added = new TreeSet<>();
        rules.forEach(rule -> added.addAll(rule.mutation().stopSequences()));
        if (stops.addAll(added)) {
            merge.change(PatchTarget.STOP_SEQUENCES, Patch.joined(List.copyOf(stops)));
        }
        return merge.changes.isEmpty() ? NOTHING : new Degradation(new Patch(merge.changes), null);
    }

    /** What two rules contradict each other in, named for people; null when they agree. */
    static @Nullable String conflict(Rule one, Rule other, Models models) {
        Mutation a = one.mutation();
        Mutation b = other.mutation();
        if (differ(a.modelAlias(), b.modelAlias())
                && !models.priorityMayDecide(
                        Objects.requireNonNull(a.modelAlias()), Objects.requireNonNull(b.modelAlias()))) {
            return "different models, '" + a.modelAlias() + "' and '" + b.modelAlias() + "'";
        }
        if (differ(a.temperature(), b.temperature())) {
            return "different temperatures, " + a.temperature() + " and " + b.temperature();
        }
        return differ(a.topP(), b.topP()) ? "different values of topP, " + a.topP() + " and " + b.topP() : null;
    }

    /** The voices, with degrades that change nothing counted as continue and a conflict as the stop it is. */
    List<Voice> applyTo(List<Voice> voices) {
        if (patch.isEmpty()) {
            voices.replaceAll(
                    voice -> voice.effect() == Effect.DEGRADE ? new Voice(Effect.CONTINUE, voice.reason()) : voice);
        }
        if (conflict != null) {
            voices.add(0, new Voice(Effect.STOP, conflict));
        }
        return voices;
    }

    private static boolean differ(@Nullable Object a, @Nullable Object b) {
        return a != null && b != null && !a.equals(b);
    }

    private static <T> @Nullable T first(List<Rule> rules, Function<Mutation, @Nullable T> part) {
        for (Rule rule : rules) {
            T value = part.apply(rule.mutation());
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    private static <T extends Comparable<T>> @Nullable T least(List<Rule> rules, Function<Mutation, @Nullable T> part) {
        T least = null;
        for (Rule rule : rules) {
            T value = part.apply(rule.mutation());
            if (value != null && (least == null || value.compareTo(least) < 0)) {
                least = value;
            }
        }
        return least;
    }

    private static Reason conflict(Rule first, Rule second, String what) {
        return new Reason(
                ReasonCode.DEGRADE_FAILED,
                first.id(),
                "Rules '" + first.id() + "' and '" + second.id() + "' degrade to " + what
                        + ": none of them may win silently. Make their conditions exclude each other.");
    }

    /** Collects changes, each guarded by a test of what the action has. */
    private static final class Merge {
        private final Action action;
        private final List<Patch.Change> changes = new ArrayList<>(2);

        Merge(Action action) {
            this.action = action;
        }

        void change(PatchTarget target, String to) {
            changes.add(new Patch.Change(target, target.of(action), to));
        }

        void decimal(PatchTarget target, @Nullable BigDecimal to) {
            if (to != null && !to.toPlainString().equals(target.of(action))) {
                change(target, to.toPlainString());
            }
        }
    }
}
