package io.spendguard.contract;

import dev.cel.common.CelErrorCode;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelVariableResolver;
import io.spendguard.model.ActionKind;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Effect;
import io.spendguard.model.Patch;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Runs the rules of one contract and combines what they say. Immutable; safe for any number of threads. */
final class Evaluator {
    /*
     * Every rule of the action's kind runs, in order of priority; each gives at most one voice. The strictest voice
     * decides. A rule that cannot be evaluated asks for approval, whatever it would have answered: CEL's && and || hide
     * an error only where the other side settles the result for every value the faulty side could have had, so a
     * hidden error never lets through what the value, were it known, would have blocked.
     */
    private static final Comparator<Voice> STRICTEST_FIRST =
            Comparator.comparing(Voice::effect).reversed();

    private static final Comparator<CompiledRule> BY_PRIORITY = Comparator.comparingInt(
                    (CompiledRule rule) -> rule.rule().priority())
            .reversed()
            .thenComparing(rule -> rule.rule().id());

    private static final Evaluation CONTINUE =
            new Evaluation(Effect.CONTINUE, List.of(), List.of(), Patch.NONE, null, 0, Evaluation.NO_SKIPS);

    private final List<Layer> layers;
    private final Models models;

    /** One rule's say. */
    record Voice(Effect effect, Reason reason) {}

    Evaluator(List<Layer> layers, Models models) {
        this.layers = List.copyOf(layers);
        this.models = models;
    }

    List<Layer> layers() {
        return layers;
    }

    List<CompiledRule> rules(ActionKind kind) {
        return layers.size() == 1
                ? layers.get(0).rules(kind)
                : layers.stream().flatMap(layer -> layer.rules(kind).stream()).toList();
    }

    Evaluation evaluate(EvaluationInput input) {
        Tally tally = new Tally();
        for (Layer layer : layers) {
            evaluate(layer, input, tally);
        }
        if (tally.voices.isEmpty()) {
            return CONTINUE;
        }
        tally.waive(input.approved());
        tally.degrading.sort(BY_PRIORITY);
        Degradation degradation = Degradation.of(tally.degrading, input, models);
        return combine(tally, degradation.applyTo(tally.voices), degradation.patch());
    }

    /** What each rule made of the input, and of which values: all layers' rules, the highest layer's first. */
    List<RuleExplanation> explain(EvaluationInput input) {
        List<RuleExplanation> explanations = new ArrayList<>();
        for (Layer layer : layers) {
            ConditionExplainer explainer = new ConditionExplainer(layer.vocabulary());
            CelVariableResolver resolver = name -> value(layer, name, input);
            for (CompiledRule rule : layer.all()) {
                explanations.add(explain(rule, input, resolver, explainer));
            }
        }
        return explanations;
    }

    private static RuleExplanation explain(
            CompiledRule compiled, EvaluationInput input, CelVariableResolver resolver, ConditionExplainer explainer) {
        Rule rule = compiled.rule();
        if (!rule.triggers().contains(input.action().kind())) {
            return new RuleExplanation(rule.id(), RuleExplanation.Result.OTHER_TRIGGER, List.of());
        }
        if (!compiled.isEffective(input)) {
            return new RuleExplanation(rule.id(), RuleExplanation.Result.NOT_EFFECTIVE, List.of());
        }
        RuleExplanation.Result result;
        try {
            result = (Boolean) compiled.program().eval(resolver)
                    ? RuleExplanation.Result.MATCHED
                    : RuleExplanation.Result.NOT_MATCHED;
        } catch (CelEvaluationException | RuntimeException failure) {
            result = RuleExplanation.Result.FAILED;
        }
        return new RuleExplanation(rule.id(), result, explainer.explain(rule.condition(), resolver));
    }

    /** A layer nobody of which matched answers by its default; that another layer's rule matched says nothing to it. */
    private static void evaluate(Layer layer, EvaluationInput input, Tally tally) {
        CelVariableResolver resolver = name -> value(layer, name, input);
        int matchedBefore = tally.matched.size();
        for (CompiledRule rule : layer.rules(input.action().kind())) {
            if (!rule.isEffective(input)) {
                continue;
            }
            try {
                if ((Boolean) rule.program().eval(resolver)) {
                    tally.matches(rule);
                }
            } catch (CelEvaluationException | RuntimeException failure) {
                tally.fails(rule.rule(), evaluationError(rule.rule(), failure));
            }
        }
        if (layer.unmatchedReason() != null && tally.matched.size() == matchedBefore) {
            tally.voices.add(new Voice(layer.unmatched(), layer.unmatchedReason()));
        }
    }

    private static Evaluation combine(Tally tally, List<Voice> voices, Patch patch) {
        voices.sort(STRICTEST_FIRST);
        Effect effect = voices.get(0).effect();
        return new Evaluation(
                effect,
                voices.stream().map(Voice::reason).toList(),
                tally.matched,
                effect == Effect.DEGRADE ? patch : Patch.NONE,
                effect == Effect.REQUIRE_APPROVAL ? tally.approval() : null,
                effect == Effect.REQUIRE_APPROVAL ? asking(voices) : 0,
                effect == Effect.SKIP ? tally.skips : Evaluation.NO_SKIPS);
    }

    private static int asking(List<Voice> voices) {
        return (int) voices.stream()
                .filter(voice -> voice.effect() == Effect.REQUIRE_APPROVAL)
                .count();
    }

    private static Optional<Object> value(Layer layer, String name, EvaluationInput input) {
        Variable variable = layer.variables().get(name);
        if (variable == null) {
            return Optional.empty();
        }
        Object value = variable.reader().read(input);
        if (value == null) {
            throw variable.absent();
        }
        return Optional.of(value);
    }

    /** What the rules said so far. */
    private static final class Tally {
        private final List<Voice> voices = new ArrayList<>(4);
        private final List<String> matched = new ArrayList<>(4);
        private final List<CompiledRule> degrading = new ArrayList<>(2);
        private SortedSet<String> skips = Evaluation.NO_SKIPS;
        private @Nullable ApprovalTerms approval;

        void matches(CompiledRule compiled) {
            Rule rule = compiled.rule();
            matched.add(rule.id());
            voices.add(new Voice(rule.effect(), compiled.reason()));
            if (rule.effect() == Effect.DEGRADE) {
                degrading.add(compiled);
            }
            if (rule.approval() != null) {
                approval = approval == null ? rule.approval() : approval.strictest(rule.approval());
            }
            if (!rule.skips().isEmpty()) {
                skips = skips.isEmpty() ? new TreeSet<>() : skips;
                skips.addAll(rule.skips());
            }
        }

        void fails(Rule rule, Reason reason) {
            voices.add(new Voice(rule.onError(), reason));
            if (rule.onError() == Effect.REQUIRE_APPROVAL) {
                approval = approval == null ? ApprovalTerms.DEFAULT : approval.strictest(ApprovalTerms.DEFAULT);
            }
        }

        /** What was approved asks no more: of the same rule and for the same reason, each once. Its word stays among the reasons. */
        void waive(List<Reason> approved) {
            List<Reason> left = new ArrayList<>(approved);
            voices.replaceAll(voice -> voice.effect() == Effect.REQUIRE_APPROVAL && takes(left, voice.reason())
                    ? new Voice(Effect.CONTINUE, voice.reason())
                    : voice);
        }

        private static boolean takes(List<Reason> approved, Reason asking) {
            for (int i = 0; i < approved.size(); i++) {
                if (approved.get(i).code().equals(asking.code())
                        && approved.get(i).rule().equals(asking.rule())) {
                    approved.remove(i);
                    return true;
                }
            }
            return false;
        }

        /** A default that asks for approval has no rule to say more. */
        ApprovalTerms approval() {
            return approval == null ? ApprovalTerms.DEFAULT : approval;
        }
    }

    /** Says what went wrong without any value of the action: reasons are stored as evidence. */
    private static Reason evaluationError(Rule rule, Exception failure) {
        return new Reason(
                ReasonCode.EVALUATION_ERROR,
                rule.id(),
                "Rule '" + rule.id() + "' could not be evaluated: " + cause(failure));
    }

    static String cause(Exception failure) {
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
