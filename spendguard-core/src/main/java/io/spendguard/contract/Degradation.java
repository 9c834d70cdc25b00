package io.spendguard.contract;

import io.spendguard.contract.Evaluator.Voice;
import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Effect;
import io.spendguard.model.Patch;
import io.spendguard.model.PatchTarget;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the degrade rules that matched amount to on one action: one patch that only tightens, nothing at all, or a
 * conflict.
 *
 * @param patch the merged changes; empty when nothing changes
 * @param conflict why the rules exclude each other, or null
 */
record Degradation(Patch patch, @Nullable Reason conflict) {
    private static final Degradation NOTHING = new Degradation(Patch.NONE, null);

    static Degradation of(List<CompiledRule> degrading, EvaluationInput input, ModelCatalogue models) {
        Action action = input.action();
        if (degrading.isEmpty() || action.kind() != ActionKind.LLM_CALL) {
            return NOTHING;
        }
        Rule naming = null;
        long cap = Long.MAX_VALUE;
        for (CompiledRule compiled : degrading) {
            Mutation mutation = compiled.rule().mutation();
            if (mutation.maxOutputTokens() != null) {
                cap = Math.min(cap, mutation.maxOutputTokens());
            }
            if (mutation.modelAlias() == null) {
                continue;
            }
            if (naming != null
                    && !mutation.modelAlias().equals(naming.mutation().modelAlias())) {
                return new Degradation(Patch.NONE, conflict(naming, compiled.rule()));
            }
            naming = naming == null ? compiled.rule() : naming;
        }
        List<Patch.Change> changes = new ArrayList<>(2);
        if (naming != null
                && !isCalled(Objects.requireNonNull(naming.mutation().modelAlias()), action, input, models)) {
            changes.add(new Patch.Change(
                    PatchTarget.MODEL_ALIAS,
                    action.model().orElse(null),
                    naming.mutation().modelAlias().toString()));
        }
        if (cap < action.maxOutputTokens().orElse(Long.MAX_VALUE)) {
            changes.add(new Patch.Change(
                    PatchTarget.MAX_OUTPUT_TOKENS,
                    action.maxOutputTokens().isPresent()
                            ? Long.toString(action.maxOutputTokens().getAsLong())
                            : null,
                    Long.toString(cap)));
        }
        return changes.isEmpty() ? NOTHING : new Degradation(new Patch(changes), null);
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

    /** Whether the action calls the alias's model already. */
    private static boolean isCalled(ModelAlias alias, Action action, EvaluationInput input, ModelCatalogue models) {
        ModelRef model =
                models.resolve(alias).or(() -> input.catalogue().resolve(alias)).orElse(null);
        return model != null
                && model.provider().equals(action.provider().orElse(null))
                && model.model().equals(action.model().orElse(null));
    }

    private static Reason conflict(Rule first, Rule second) {
        return new Reason(
                ReasonCode.DEGRADE_FAILED,
                first.id(),
                "Rules '" + first.id() + "' and '" + second.id()
                        + "' degrade to different models, '" + first.mutation().modelAlias() + "' and '"
                        + second.mutation().modelAlias()
                        + "': none of them may win silently. Make their conditions exclude each"
                        + " other.");
    }
}
