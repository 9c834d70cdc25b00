package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.contract.YamlNode.Sequence;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Effect;
import io.spendguard.model.ReasonCode;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one entry of {@code rules}. */
final class RuleBinder {
    private final ApiVersion apiVersion;
    private final Findings findings;

    RuleBinder(ApiVersion apiVersion, Findings findings) {
        this.apiVersion = apiVersion;
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
        EffectSpec effect = effect(rule);
        ReasonCode reasonCode = reasonCode(rule, effect);
        if (condition == null) {
            return null;
        }
        Rule bound = id == null || priority == null || triggers == null || effect.effect == null || reasonCode == null
                ? null
                : new Rule(
                        id,
                        priority.intValue(),
                        triggers,
                        condition.text().strip(),
                        effect.effect,
                        effect.mutation,
                        reasonCode);
        return new RuleSpec(bound, rule.path(), rule.path(conditionName), condition, effect.aliasPosition);
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

    private EffectSpec effect(Members rule) {
        YamlNode node = rule.required("effect", "Say what the rule answers, such as stop.");
        if (node instanceof Scalar && !apiVersion.isAlpha()) {
            Effect effect = rule.choice("effect", List.of(Effect.values()), RuleBinder::effectName);
            if (effect == Effect.DEGRADE) {
                rule.fault(
                        "effect",
                        "degrade needs to say what changes."
                                + " Write {decision: degrade, mutate: {maxOutputTokens: 256}}.");
                return EffectSpec.FAULTY;
            }
            return new EffectSpec(effect, Mutation.NONE, node.position(), null);
        }
        Mapping mapping = rule.mapping("effect");
        if (mapping == null) {
            return EffectSpec.FAULTY;
        }
        try (Members members = new Members(mapping, rule.path("effect"), findings)) {
            members.required("decision", "Say what the rule answers, such as stop.");
            Effect effect = members.choice("decision", List.of(Effect.values()), RuleBinder::effectName);
            Mutation mutation = mutation(members, effect);
            ReasonCode code = members.parsed("reasonCode", "a reason code", ReasonCode::new);
            Position aliasPosition = members.node("mutate") instanceof Mapping mutate
                    ? new Members(mutate, "", findings).position("modelAlias")
                    : members.position();
            return mutation == null
                    ? new EffectSpec(null, Mutation.NONE, aliasPosition, code)
                    : new EffectSpec(effect, mutation, aliasPosition, code);
        }
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
            ModelAlias alias = alias(mutate);
            Long cap = mutate.integer("maxOutputTokens", 1, Integer.MAX_VALUE);
            if (alias == null && cap == null) {
                if (findings.faultCount() == before && mapping.entries().isEmpty()) {
                    effect.fault("mutate", "is empty: a degrade must change something. Write {maxOutputTokens: 256}.");
                }
                return null;
            }
            return new Mutation(alias, cap);
        }
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
            @Nullable ReasonCode reasonCode) {
        static final EffectSpec FAULTY = new EffectSpec(null, Mutation.NONE, Position.WHOLE, null);
    }
}
