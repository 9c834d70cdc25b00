package io.spendguard.contract;

import io.spendguard.json.JsonObject;
import io.spendguard.model.ActionKind;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Effect;
import io.spendguard.model.Period;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes what a contract means: the same for every way to write it, other for everything that decides otherwise. */
final class CanonicalContract {
    private static final String FORMAT = "spendguard.contract/1";
    private static final String LAYERS = "spendguard.contract.layers/1";

    private CanonicalContract() {}

    /** Rules in the order they are evaluated, budgets by id, every default filled in. */
    static JsonObject of(ContractSpec spec, String name, List<Rule> rules) {
        JsonObject models = JsonObject.create();
        spec.models()
                .candidates()
                .forEach((alias, candidates) -> models.put(
                        alias.name() + "@" + alias.channel(),
                        alias(spec.models().compatibilityClass(alias).orElse(null), candidates)));
        JsonObject json = JsonObject.create()
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
        if (spec.revision() != null) {
            json.put("revision", spec.revision());
        }
        if (spec.policies().prediction() != PredictionPolicy.STRICT_CEILING) {
            json.put("predictionPolicy", spec.policies().prediction().name());
        }
        if (spec.policies().onExpiry() != OnExpiry.COMMIT) {
            json.put("onExpiry", spec.policies().onExpiry().name());
        }
        Requirements requires = spec.policies().requires();
        if (!requires.equals(Requirements.NONE)) {
            json.put(
                    "requires",
                    JsonObject.create()
                            .put("ledger", requires.ledger().text())
                            .put("enforcement", requires.enforcement().text()));
        }
        return spec.policies().priorityDecides() ? json.put("modelConflict", "priority") : json;
    }

    /** A layer together with everything above it. */
    static JsonObject layered(JsonObject base, JsonObject layer) {
        return JsonObject.create().put("format", LAYERS).put("base", base).put("layer", layer);
    }

    private static JsonObject alias(@Nullable String compatibilityClass, List<ModelProfile> candidates) {
        if (candidates.size() == 1) {
            return model(candidates.get(0)).putIfPresent("class", compatibilityClass);
        }
        return JsonObject.create()
                .putIfPresent("class", compatibilityClass)
                .put(
                        "candidates",
                        candidates.stream().map(CanonicalContract::model).toList());
    }

    private static JsonObject model(ModelProfile profile) {
        JsonObject json = JsonObject.create()
                .put("provider", profile.model().provider())
                .put("model", profile.model().model())
                .putIfPresent("inputPrice", text(profile.inputPrice()))
                .putIfPresent("outputPrice", text(profile.outputPrice()));
        if (!profile.capabilities().isEmpty()) {
            json.put(
                    "capabilities",
                    profile.capabilities().stream().map(Enum::name).toList());
        }
        put(json, "maxInputTokens", profile.maxInputTokens());
        put(json, "maxOutputTokens", profile.maxOutputTokens());
        put(json, "quality", profile.quality());
        return json;
    }

    private static void put(JsonObject json, String name, @Nullable Long value) {
        if (value != null) {
            json.put(name, value);
        }
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
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
        Mutation mutation = rule.mutation();
        put(json, "maxOutputTokens", mutation.maxOutputTokens());
        if (mutation.reasoningEffort() != null) {
            json.put("reasoningEffort", mutation.reasoningEffort().text());
        }
        if (mutation.temperature() != null) {
            json.put("temperature", mutation.temperature().toPlainString());
        }
        if (mutation.topP() != null) {
            json.put("topP", mutation.topP().toPlainString());
        }
        if (!mutation.stopSequences().isEmpty()) {
            json.put("stopSequences", mutation.stopSequences());
        }
        if (!rule.effective().equals(Period.ALWAYS)) {
            json.put("from", rule.effective().from().toString())
                    .put("until", rule.effective().until().toString());
        }
        if (rule.onError() != Effect.REQUIRE_APPROVAL) {
            json.put("onError", rule.onError().name());
        }
        ApprovalTerms approval = rule.approval();
        if (approval != null && !approval.equals(ApprovalTerms.DEFAULT)) {
            json.put(
                    "approval",
                    JsonObject.create()
                            .put("role", approval.role().text())
                            .put("ttl", approval.ttl().toString())
                            .put("fallback", approval.fallback().name()));
        }
        return rule.skips().isEmpty() ? json : json.put("targets", List.copyOf(rule.skips()));
    }
}
