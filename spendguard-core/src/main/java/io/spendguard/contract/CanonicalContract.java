package io.spendguard.contract;

import io.spendguard.json.JsonObject;
import io.spendguard.model.ActionKind;
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
        return JsonObject.create()
                .put("id", budget.id())
                .put("limit", budget.limit().toString())
                .put("window", window(budget.window()))
                .put("holdTtl", budget.holdTtl().toString())
                .put("overrunPolicy", budget.overrunPolicy().text());
    }

    private static JsonObject window(WindowSpec window) {
        JsonObject json = JsonObject.create();
        return window instanceof WindowSpec.CalendarDay day
                ? json.put("type", "calendar_day").put("timezone", day.zone().getId())
                : json.put("type", "run");
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
