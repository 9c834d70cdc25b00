package io.spendguard.contract;

import io.spendguard.json.JsonObject;
import io.spendguard.model.ActionKind;
import java.util.Collection;
import java.util.List;

/** Writes what a contract means: the same for every way to write it, other for everything that decides otherwise. */
final class CanonicalContract {
    private static final String FORMAT = "spendguard.contract/1";

    private CanonicalContract() {}

    /** Rules in the order they are evaluated, budgets by id, every default filled in. */
    static JsonObject of(ContractSpec spec, String name, List<Rule> rules) {
        JsonObject models = JsonObject.create();
        spec.models()
                .models()
                .forEach((alias, model) -> models.put(
                        alias.name() + "@" + alias.channel(),
                        JsonObject.create().put("provider", model.provider()).put("model", model.model())));
        return JsonObject.create()
                .put("format", FORMAT)
                .put("name", name)
                .putIfPresent("tenant", spec.tenant())
                .putIfPresent("version", spec.version())
                .putIfPresent("owner", spec.owner())
                .put("mode", spec.mode().name())
                .put("models", models)
                .put(
                        "budgets",
                        spec.budgets().stream().map(CanonicalContract::budget).toList())
                .put("rules", rules.stream().map(CanonicalContract::rule).toList())
                .put("default", spec.defaultEffect().name());
    }

    private static JsonObject budget(Budget budget) {
        JsonObject json = JsonObject.create()
                .put("id", budget.id())
                .put("limit", budget.limit().toString())
                .put("window", window(budget.window()))
                .put("holdTtl", budget.holdTtl().toString())
                .put("overrunPolicy", budget.overrunPolicy().text())
                .putIfPresent("parent", budget.parent());
        if (!budget.appliesTo().equals(AppliesTo.EVERYTHING)) {
            json.put("appliesTo", appliesTo(budget.appliesTo()));
        }
        if (!budget.per().isEmpty()) {
            json.put("per", budget.per().stream().map(KeyPart::toString).toList());
        }
        if (budget.whenKeyMissing() != WhenKeyMissing.STOP) {
            json.put("whenKeyMissing", budget.whenKeyMissing().name());
        }
        if (budget.maxKeys() != null) {
            json.put("maxKeys", budget.maxKeys());
        }
        if (!budget.warnAt().isEmpty()) {
            json.put("warnAt", budget.warnAt().stream().map(String::valueOf).toList());
        }
        return budget.absorbPercent() == 0 ? json : json.put("absorbPercent", budget.absorbPercent());
    }

    private static JsonObject appliesTo(AppliesTo selector) {
        JsonObject labels = JsonObject.create();
        selector.labels().forEach((name, values) -> labels.put(name, sorted(values)));
        return JsonObject.create()
                .put(
                        "at",
                        sorted(selector.kinds().stream()
                                .map(ActionKind::trigger)
                                .toList()))
                .put("providers", sorted(selector.providers()))
                .put("models", sorted(selector.models()))
                .put("tools", sorted(selector.tools()))
                .put("agents", sorted(selector.agents()))
                .put("labels", labels);
    }

    private static List<String> sorted(Collection<String> values) {
        return values.stream().sorted().toList();
    }

    private static JsonObject window(WindowSpec window) {
        JsonObject json = JsonObject.create();
        if (window instanceof WindowSpec.CalendarDay day) {
            return json.put("type", "calendar_day").put("timezone", day.zone().getId());
        }
        if (window instanceof WindowSpec.CalendarWeek week) {
            return json.put("type", "calendar_week").put("timezone", week.zone().getId());
        }
        if (window instanceof WindowSpec.CalendarMonth month) {
            return json.put("type", "calendar_month")
                    .put("timezone", month.zone().getId());
        }
        if (window instanceof WindowSpec.BillingCycle cycle) {
            return json.put("type", "billing_cycle")
                    .put("anchorDay", cycle.anchorDay())
                    .put("timezone", cycle.zone().getId());
        }
        if (window instanceof WindowSpec.Rolling rolling) {
            return json.put("type", "rolling")
                    .put("length", rolling.length().toString())
                    .put("buckets", rolling.buckets());
        }
        return json.put("type", window.perRun() ? "run" : "total");
    }

    private static JsonObject rule(Rule rule) {
        JsonObject json = JsonObject.create()
                .put("id", rule.id())
                .put("priority", rule.priority())
                .put("at", rule.triggers().stream().map(ActionKind::trigger).toList())
                .put("when", ConditionText.normalized(rule.condition()))
                .put("decision", rule.effect().name())
                .put("reasonCode", rule.reasonCode().value());
        ModelAlias alias = rule.mutation().modelAlias();
        if (alias != null) {
            json.put("modelAlias", alias.name() + "@" + alias.channel());
        }
        Long cap = rule.mutation().maxOutputTokens();
        if (cap != null) {
            json.put("maxOutputTokens", cap);
        }
        return json;
    }
}
