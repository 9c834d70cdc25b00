package io.spendguard.contract;

import dev.cel.common.CelErrorCode;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelVariableResolver;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Effect;
import io.spendguard.model.Patch;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs the rules of one contract and combines what they say. Immutable; safe for any number of threads. */
final class Evaluator {
    /*
     * Every rule of the action's kind runs, in order of priority; each gives at most one voice. The strictest voice
     * decides. A rule that cannot be evaluated asks for approval, whatever it would have answered: CEL's && and || hide
     * an error only where the other side settles the result for every value the faulty side could have had, so a
     * hidden error never lets through what the value, were it known, would have blocked.
     */
    private static final ReasonCode DEFAULT_DECISION = new ReasonCode("DEFAULT_DECISION");

    private static final Comparator<Voice> STRICTEST_FIRST =
            Comparator.comparing(Voice::effect).reversed();

    private final Map<String, Variable> variables;
    private final Map<ActionKind, List<CompiledRule>> rules = new EnumMap<>(ActionKind.class);
    private final ModelCatalogue models;
    private final Evaluation unmatched;

    /** One rule's say. */
    record Voice(Effect effect, Reason reason) {}

    Evaluator(Vocabulary vocabulary, List<CompiledRule> byPriority, ModelCatalogue models, Effect defaultEffect) {
        this.variables = vocabulary.byName();
        this.models = models;
        for (ActionKind kind : ActionKind.values()) {
            rules.put(
                    kind,
                    byPriority.stream()
                            .filter(r -> r.rule().triggers().contains(kind))
                            .toList());
        }
        this.unmatched = new Evaluation(defaultEffect, defaultReasons(defaultEffect), List.of(), Patch.NONE);
    }

    List<CompiledRule> rules(ActionKind kind) {
        return rules.getOrDefault(kind, List.of());
    }

    Evaluation evaluate(EvaluationInput input) {
        CelVariableResolver resolver = name -> value(name, input);
        List<Voice> voices = new ArrayList<>(4);
        List<String> matched = new ArrayList<>(4);
        List<CompiledRule> degrading = new ArrayList<>(2);
        for (CompiledRule rule : rules(input.action().kind())) {
            try {
                if (!(Boolean) rule.program().eval(resolver)) {
                    continue;
                }
                matched.add(rule.rule().id());
                voices.add(new Voice(rule.rule().effect(), rule.reason()));
                if (rule.rule().effect() == Effect.DEGRADE) {
                    degrading.add(rule);
                }
            } catch (CelEvaluationException | RuntimeException failure) {
                voices.add(new Voice(Effect.REQUIRE_APPROVAL, evaluationError(rule.rule(), failure)));
            }
        }
        if (voices.isEmpty()) {
            return unmatched;
        }
        Degradation degradation = Degradation.of(degrading, input, models);
        if (matched.isEmpty() && unmatched.effect().compareTo(Effect.REQUIRE_APPROVAL) > 0) {
            voices.add(new Voice(unmatched.effect(), unmatched.reasons().get(0)));
        }
        return combine(degradation.applyTo(voices), matched, degradation.patch());
    }

    private static Evaluation combine(List<Voice> voices, List<String> matched, Patch patch) {
        voices.sort(STRICTEST_FIRST);
        Effect effect = voices.get(0).effect();
        return new Evaluation(
                effect,
                voices.stream().map(Voice::reason).toList(),
                matched,
                effect == Effect.DEGRADE ? patch : Patch.NONE);
    }

    private Optional<Object> value(String name, EvaluationInput input) {
        Variable variable = variables.get(name);
        if (variable == null) {
            return Optional.empty();
        }
        Object value = variable.reader().read(input);
        if (value == null) {
            throw variable.absent();
        }
        return Optional.of(value);
    }

    private static List<Reason> defaultReasons(Effect effect) {
        return effect == Effect.CONTINUE
                ? List.of()
                : List.of(Reason.of(
                        DEFAULT_DECISION,
                        "No rule matched and the contract's default is " + RuleBinder.effectName(effect)
                                + ". Add a rule that answers continue for such actions."));
    }

    /** Says what went wrong without any value of the action: reasons are stored as evidence. */
    private static Reason evaluationError(Rule rule, Exception failure) {
        return new Reason(
                ReasonCode.EVALUATION_ERROR,
                rule.id(),
                "Rule '" + rule.id() + "' could not be evaluated: " + cause(failure));
    }

    private static String cause(Exception failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AbsentValueException absent) {
                return String.valueOf(absent.getMessage());
            }
        }
        CelErrorCode code =
                failure instanceof CelEvaluationException cel ? cel.getErrorCode() : CelErrorCode.INTERNAL_ERROR;
        return switch (code) {
            case ATTRIBUTE_NOT_FOUND -> "a label or key is absent. Test it first, as in has(labels.NAME).";
            case DIVIDE_BY_ZERO -> "it divides by zero. Test the divisor first.";
            case NUMERIC_OVERFLOW -> "a number became too large. Compute with smaller ones.";
            case BAD_FORMAT -> "a text is no number, time or time zone. Test it first.";
            case INDEX_OUT_OF_BOUNDS -> "a list has no such element. Test its size first.";
            default -> "it failed inside (" + code + "). Simplify its condition.";
        };
    }
}
