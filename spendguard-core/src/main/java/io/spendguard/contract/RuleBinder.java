package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.contract.YamlNode.Sequence;
import io.spendguard.model.ActionKind;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Effect;
import io.spendguard.model.Period;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.ReasoningEffort;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads one entry of {@code rules}. */
final class RuleBinder {
    /** What a rule may answer that cannot be evaluated: nothing that lets an action run. */
    static final List<Effect> ON_ERROR = List.of(Effect.REQUIRE_APPROVAL, Effect.STOP);

    private static final int MAX_STOP_SEQUENCES = 4;
    private static final Pattern DECIMAL = Pattern.compile("\\d(\\.\\d{1,4})?");

    private final ApiVersion apiVersion;
    private final Policies policies;
    private final Findings findings;

    RuleBinder(ApiVersion apiVersion, Policies policies, Findings findings) {
        this.apiVersion = apiVersion;
        this.policies = policies;
        this.findings = findings;
    }

    static String effectName(Effect effect) {
        return effect.name().toLowerCase(Locale.ROOT);
    }

    /** The rule, without its parts when they have faults; null when it has no condition to check either. */
    @Nullable
    RuleSpec bind(Members rule) {
        rule.required("id", "Give an id: reasons and approvals refer to it.");
        String id = rule.id("id");
        Long priority = rule.has("priority")
                ? rule.integer("priority", Integer.MIN_VALUE, Integer.MAX_VALUE)
                : defaultPriority(rule);
        Set<ActionKind> triggers = triggers(rule);
        String conditionName = conditionName(rule);
        Scalar condition = rule.scalar(conditionName, "a condition");
        Period effective = effective(rule);
        rule.onlyIn(!apiVersion.isAlpha(), "onError", "needs apiVersion spendguard.ai/v1. Change apiVersion.");
        Effect onError = rule.choice("onError", ON_ERROR, RuleBinder::effectName);
        RunProjectionAction action = projectionAction(rule);
        EffectSpec effect = effect(rule, isProjection(rule));
        ReasonCode reasonCode = reasonCode(rule, effect);
        if (reasonCode != null && RunProjectionAction.CODES.contains(reasonCode)) {
            effect = projected(
                    rule, effect, action == null ? policies.prediction().defaultAction() : action);
        } else if (action != null && reasonCode != null) {
            rule.fault(
                    "run_projection_action",
                    "belongs to rules whose reason is a projection of the run, not to " + reasonCode
                            + ". Give a reasonCode such as RUN_BUDGET_PROJECTION_EXCEEDED, or an effect.");
        }
        if (condition == null) {
            return null;
        }
        Rule bound = id == null
                        || priority == null
                        || triggers == null
                        || effect.effect == null
                        || reasonCode == null
                        || effective == null
                ? null
                : new Rule(
                        id,
                        priority.intValue(),
                        triggers,
                        condition.text().strip(),
                        effect.effect,
                        effect.mutation,
                        reasonCode,
                        effective,
                        onError == null ? policies.onError() : onError,
                        effect.effect == Effect.REQUIRE_APPROVAL ? effect.approval : null,
                        effect.skips,
                        effect.projection);
        return new RuleSpec(
                bound, rule.path(), rule.path(conditionName), condition, rule.position(), effect.aliasPosition);
    }

    /** Null when one of its ends is malformed or it is empty. */
    private @Nullable Period effective(Members rule) {
        rule.onlyIn(!apiVersion.isAlpha(), "effective", "needs apiVersion spendguard.ai/v1. Change apiVersion.");
        Mapping mapping = rule.mapping("effective");
        if (mapping == null) {
            return Period.ALWAYS;
        }
        try (Members members = new Members(mapping, rule.path("effective"), findings)) {
            int before = findings.faultCount();
            Instant from = members.parsed("from", "a time", RuleBinder::instant);
            Instant until = members.parsed("until", "a time", RuleBinder::instant);
            Instant start = from == null ? Period.ALWAYS.from() : from;
            Instant end = until == null ? Period.ALWAYS.until() : until;
            if (findings.faultCount() == before && !start.isBefore(end)) {
                rule.fault(
                        "effective",
                        "from " + start + " until " + end
                                + " is empty: the rule can never apply. Give an end after its start.");
            }
            return findings.faultCount() == before ? new Period(start, end) : null;
        }
    }

    private static Instant instant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException malformed) {
            throw new IllegalArgumentException(
                    "'" + Texts.shorten(text, 60)
                            + "' is no time with its offset. Write it as in 2026-12-24T00:00:00Z or 2026-12-24T00:00:00+01:00.");
        }
    }

    private @Nullable RunProjectionAction projectionAction(Members rule) {
        String name = "run_projection_action";
        if (apiVersion == ApiVersion.V1ALPHA1) {
            rule.onlyIn(false, name, "needs apiVersion spendguard.ai/v1alpha2 or later. Change apiVersion.");
            return null;
        }
        RunProjectionAction action = rule.choice(name, List.of(RunProjectionAction.values()), Enum::name);
        if (action != null && !policies.prediction().allows(action)) {
            List<String> allowed = List.of(RunProjectionAction.values()).stream()
                    .filter(policies.prediction()::allows)
                    .map(Enum::name)
                    .toList();
            rule.fault(
                    name,
                    "is " + action + ", which prediction_policy " + policies.prediction() + " does not allow. Use "
                            + String.join(" or ", allowed) + ", or change the policy.");
        }
        return action;
    }

    private static boolean isProjection(Members rule) {
        return rule.node("reasonCode") instanceof Scalar scalar
                && RunProjectionAction.CODES.stream()
                        .anyMatch(code -> code.value().equals(scalar.text()));
    }

    /** A rule about a projection answers by its action; an effect of its own may only say the same. */
    private EffectSpec projected(Members rule, EffectSpec effect, RunProjectionAction action) {
        if (effect.effect != null && effect.effect != action.effect()) {
            String text = "'effect' is " + effectName(effect.effect) + ", but a rule with this reason answers "
                    + effectName(action.effect()) + ", by run_projection_action " + action + ". ";
            if (apiVersion.isAlpha()) {
                findings.warn(rule.position("effect"), rule.path("effect"), text + "It is ignored.");
            } else {
                findings.fault(
                        rule.position("effect"),
                        rule.path("effect"),
                        text + "Remove it, or choose another reasonCode.");
            }
        }
        return new EffectSpec(
                action.effect(),
                Mutation.NONE,
                effect.aliasPosition,
                effect.reasonCode,
                effect.approval,
                Evaluation.NO_SKIPS,
                action);
    }

    private static Long defaultPriority(Members rule) {
        rule.node("priority");
        return 0L;
    }

    private String conditionName(Members rule) {
        rule.onlyIn(!apiVersion.isAlpha(), "when", "needs apiVersion spendguard.ai/v1. Call it 'condition'.");
        rule.node("condition");
        if (rule.has("when") && rule.has("condition")) {
            rule.fault("condition", "stands beside 'when', which means the same. Keep one.");
        }
        String name = !rule.has("when") && (rule.has("condition") || apiVersion.isAlpha()) ? "condition" : "when";
        rule.required(name, "Say when the rule applies; write true for always.");
        return name;
    }

    private @Nullable Set<ActionKind> triggers(Members rule) {
        rule.onlyIn(!apiVersion.isAlpha(), "at", "needs apiVersion spendguard.ai/v1. Change apiVersion.");
        if (!rule.has("at")) {
            return EnumSet.allOf(ActionKind.class);
        }
        Sequence sequence = rule.sequence("at");
        if (sequence == null) {
            return null;
        }
        Set<ActionKind> triggers = EnumSet.noneOf(ActionKind.class);
        for (YamlNode item : sequence.items()) {
            ActionKind kind = item instanceof Scalar scalar ? kind(scalar.text()) : null;
            if (kind == null) {
                findings.fault(
                        item.position(),
                        rule.path("at"),
                        "unknown trigger " + item.describe() + "."
                                + Texts.suggestion(item instanceof Scalar s ? s.text() : "", triggerNames()));
                continue;
            }
            triggers.add(kind);
        }
        if (sequence.items().isEmpty()) {
            rule.fault("at", "is an empty list: such a rule never applies. Name a trigger or remove the member.");
        }
        return triggers.isEmpty() ? null : triggers;
    }

    private static @Nullable ActionKind kind(String trigger) {
        for (ActionKind kind : ActionKind.values()) {
            if (kind.trigger().equals(trigger)) {
                return kind;
            }
        }
        return null;
    }

    private static List<String> triggerNames() {
        return List.of(ActionKind.values()).stream().map(ActionKind::trigger).toList();
    }

    private EffectSpec effect(Members rule, boolean mayBeMissing) {
        if (mayBeMissing && !rule.has("effect")) {
            rule.node("effect");
            return EffectSpec.of(null, rule.position());
        }
        YamlNode node = rule.required("effect", "Say what the rule answers, such as stop.");
        if (node instanceof Scalar && !apiVersion.isAlpha()) {
            Effect effect = rule.choice("effect", List.of(Effect.values()), RuleBinder::effectName);
            if (effect == Effect.DEGRADE) {
                rule.fault(
                        "effect",
                        "degrade needs to say what changes."
                                + " Write {decision: degrade, mutate: {maxOutputTokens: 256}}.");
                return EffectSpec.of(null, Position.WHOLE);
            }
            return EffectSpec.of(effect, node.position());
        }
        Mapping mapping = rule.mapping("effect");
        if (mapping == null) {
            return EffectSpec.of(null, Position.WHOLE);
        }
        try (Members members = new Members(mapping, rule.path("effect"), findings)) {
            members.required("decision", "Say what the rule answers, such as stop.");
            Effect effect = members.choice("decision", List.of(Effect.values()), RuleBinder::effectName);
            Mutation mutation = mutation(members, effect);
            ReasonCode code = members.parsed("reasonCode", "a reason code", ReasonCode::new);
            Position aliasPosition = members.node("mutate") instanceof Mapping mutate
                    ? new Members(mutate, "", findings).position("modelAlias")
                    : members.position();
            return new EffectSpec(
                    mutation == null ? null : effect,
                    mutation == null ? Mutation.NONE : mutation,
                    aliasPosition,
                    code,
                    approval(members, effect),
                    skips(members, effect),
                    null);
        }
    }

    private ApprovalTerms approval(Members effect, @Nullable Effect decision) {
        only(effect, "approval", Effect.REQUIRE_APPROVAL, decision);
        Mapping mapping = effect.mapping("approval");
        if (mapping == null) {
            return ApprovalTerms.DEFAULT;
        }
        try (Members approval = new Members(mapping, effect.path("approval"), findings)) {
            ApproverRole role = approval.choice("role", List.of(ApproverRole.values()), ApproverRole::text);
            Duration ttl = approval.duration("ttl");
            Effect fallback =
                    approval.choice("fallback", List.of(Effect.STOP, Effect.CONTINUE), RuleBinder::effectName);
            if (ttl != null && ttl.compareTo(ApprovalTerms.LONGEST) > 0) {
                approval.fault("ttl", "is " + ttl + ": at most " + ApprovalTerms.LONGEST + " is allowed. Shorten it.");
                ttl = null;
            }
            return new ApprovalTerms(
                    role == null ? ApprovalTerms.DEFAULT.role() : role,
                    ttl == null ? ApprovalTerms.DEFAULT.ttl() : ttl,
                    fallback == null ? ApprovalTerms.DEFAULT.fallback() : fallback);
        }
    }

    private SortedSet<String> skips(Members effect, @Nullable Effect decision) {
        only(effect, "targets", Effect.SKIP, decision);
        SortedSet<String> targets = new TreeSet<>();
        for (Scalar item : texts(effect, "targets", "the name of an optional step")) {
            targets.add(item.text());
        }
        return targets;
    }

    private void only(Members effect, String member, Effect owner, @Nullable Effect decision) {
        effect.onlyIn(!apiVersion.isAlpha(), member, "needs apiVersion spendguard.ai/v1. Change apiVersion.");
        if (effect.has(member) && decision != null && decision != owner) {
            effect.fault(
                    member,
                    "belongs to decision " + effectName(owner) + ", not to " + effectName(decision) + ". Remove it.");
        }
    }

    /** The texts of a list; a finding for each other item. */
    private List<Scalar> texts(Members members, String name, String expected) {
        List<Scalar> texts = new ArrayList<>();
        Sequence sequence = members.sequence(name);
        if (sequence == null) {
            return texts;
        }
        if (sequence.items().isEmpty()) {
            members.fault(name, "is an empty list: " + expected + " is expected in it. Name one or remove the member.");
        }
        for (YamlNode item : sequence.items()) {
            if (item instanceof Scalar scalar
                    && !scalar.isNull()
                    && !scalar.text().isEmpty()
                    && scalar.text().length() <= 200
                    && scalar.text().chars().noneMatch(c -> c == 0x1f)) {
                texts.add(scalar);
            } else {
                findings.fault(
                        item.position(),
                        members.path(name),
                        "an item is " + item.describe() + ": " + expected + " of at most 200 characters is expected.");
            }
        }
        return texts;
    }

    private @Nullable Mutation mutation(Members effect, @Nullable Effect decision) {
        Mapping mapping = effect.mapping("mutate");
        if (decision == null || (mapping == null && effect.has("mutate"))) {
            return null;
        }
        if (decision != Effect.DEGRADE) {
            if (mapping != null) {
                effect.fault("mutate", "belongs to decision degrade, not to " + effectName(decision) + ". Remove it.");
            }
            return Mutation.NONE;
        }
        if (mapping == null) {
            effect.fault("mutate", "is missing: a degrade must change something. Write {maxOutputTokens: 256}.");
            return null;
        }
        try (Members mutate = new Members(mapping, effect.path("mutate"), findings)) {
            int before = findings.faultCount();
            Mutation mutation = new Mutation(
                    alias(mutate),
                    mutate.integer("maxOutputTokens", 1, Integer.MAX_VALUE),
                    mutate.choice("reasoningEffort", List.of(ReasoningEffort.values()), ReasoningEffort::text),
                    decimal(mutate, "temperature", 2),
                    decimal(mutate, "topP", 1),
                    stopSequences(mutate));
            for (String forbidden : List.of("tools", "tool_choice", "system_prompt", "messages", "response_format")) {
                mutate.onlyIn(
                        false,
                        forbidden,
                        "may not be changed: a degrade never touches what is asked. Remove it, or stop the call.");
            }
            if (mutation.equals(Mutation.NONE)) {
                if (findings.faultCount() == before && mapping.entries().isEmpty()) {
                    effect.fault("mutate", "is empty: a degrade must change something. Write {maxOutputTokens: 256}.");
                }
                return null;
            }
            return mutation;
        }
    }

    private @Nullable BigDecimal decimal(Members mutate, String name, int most) {
        Scalar scalar = mutate.scalar(name, "a number");
        if (scalar == null) {
            return null;
        }
        if (scalar.isPlain() && DECIMAL.matcher(scalar.text()).matches()) {
            BigDecimal value = new BigDecimal(scalar.text());
            if (value.compareTo(BigDecimal.valueOf(most)) <= 0) {
                return value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
            }
        }
        mutate.fault(name, "is " + scalar.describe() + ": a number from 0 to " + most + " is expected, such as 0.2.");
        return null;
    }

    private List<String> stopSequences(Members mutate) {
        List<String> texts = texts(mutate, "stopSequences", "a text that ends an answer").stream()
                .map(Scalar::text)
                .distinct()
                .sorted()
                .toList();
        if (texts.size() > MAX_STOP_SEQUENCES) {
            mutate.fault(
                    "stopSequences",
                    "has " + texts.size() + " entries: at most " + MAX_STOP_SEQUENCES
                            + " are taken by providers. Keep the most telling ones.");
        }
        return texts;
    }

    private @Nullable ModelAlias alias(Members mutate) {
        if (!(mutate.node("modelAlias") instanceof Mapping mapping)) {
            return mutate.parsed("modelAlias", "an alias such as 'cheap'", ModelAlias::parse);
        }
        try (Members alias = new Members(mapping, mutate.path("modelAlias"), findings)) {
            alias.required("name", "Name the alias.");
            String name = alias.text("name");
            String channel = alias.text("channel");
            if (name == null) {
                return null;
            }
            return alias.parsed(
                    "name",
                    "an alias",
                    text -> new ModelAlias(text, channel == null ? ModelAlias.DEFAULT_CHANNEL : channel));
        }
    }

    private @Nullable ReasonCode reasonCode(Members rule, EffectSpec effect) {
        if (effect.reasonCode != null) {
            rule.onlyIn(false, "reasonCode", "stands in 'effect' already. Keep one.");
            return effect.reasonCode;
        }
        rule.required("reasonCode", "Say why for programs, such as BUDGET_EXHAUSTED.");
        return rule.parsed("reasonCode", "a reason code", ReasonCode::new);
    }

    private record EffectSpec(
            @Nullable Effect effect,
            Mutation mutation,
            Position aliasPosition,
            @Nullable ReasonCode reasonCode,
            ApprovalTerms approval,
            SortedSet<String> skips,
            @Nullable RunProjectionAction projection) {
        /** An effect without members of its own; null for one that is faulty or not there. */
        static EffectSpec of(@Nullable Effect effect, Position position) {
            return new EffectSpec(
                    effect, Mutation.NONE, position, null, ApprovalTerms.DEFAULT, Evaluation.NO_SKIPS, null);
        }
    }
}
