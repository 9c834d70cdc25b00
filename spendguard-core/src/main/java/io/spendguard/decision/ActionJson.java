package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import java.util.Locale;
import java.util.function.Function;

/** Writes actions as JSON: with personal values left out, or with commitments in their place. */
final class ActionJson {
    private ActionJson() {}

    /** The action without its personal values. */
    static JsonObject plain(Action action) {
        JsonObject json = JsonObject.create()
                .put("kind", action.kind().name().toLowerCase(Locale.ROOT))
                .put("key", action.key())
                .putIfPresent("tenant", action.tenant().orElse(null))
                .putIfPresent("run", action.run().orElse(null))
                .putIfPresent("step", action.step().orElse(null))
                .putIfPresent("agent", action.agent().orElse(null))
                .putIfPresent("provider", action.provider().orElse(null))
                .putIfPresent("model", action.model().orElse(null))
                .putIfPresent("tool", action.tool().orElse(null));
        action.inputTokens().ifPresent(count -> json.put("inputTokens", count));
        action.maxOutputTokens().ifPresent(count -> json.put("maxOutputTokens", count));
        action.reasoningEffort().ifPresent(effort -> json.put("reasoningEffort", effort.text()));
        action.temperature().ifPresent(value -> json.put("temperature", value.toPlainString()));
        action.topP().ifPresent(value -> json.put("topP", value.toPlainString()));
        if (!action.stopSequences().isEmpty()) {
            json.put("stopSequences", action.stopSequences());
        }
        action.plannedSteps().ifPresent(count -> json.put("plannedSteps", count));
        action.fixedCost().ifPresent(cost -> json.put("cost", cost.toString()));
        if (!action.charges().isEmpty()) {
            json.put("charges", action.charges().stream().map(Amount::toString).toList());
        }
        return json;
    }

    /** The action with each personal value replaced by the commitment the function gives for it. */
    static JsonObject committed(Action action, Function<String, JsonObject> commitment) {
        JsonObject json = plain(action);
        action.user().ifPresent(user -> json.put("user", commitment.apply(user)));
        if (!action.labels().isEmpty()) {
            JsonObject labels = JsonObject.create();
            action.labels().forEach((name, value) -> {
                if (action.personalLabels().contains(name)) {
                    labels.put(name, commitment.apply(value));
                } else {
                    labels.put(name, value);
                }
            });
            json.put("labels", labels);
        }
        return json;
    }
}
