package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Money;
import io.spendguard.model.ReasoningEffort;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.function.Function;

/** Writes actions as JSON, with personal values left out or with commitments in their place, and reads them. */
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

    /** An action as {@link #plain} wrote it. */
    static Action.Builder parse(JsonObject action) {
        ActionKind kind = ActionKind.valueOf(action.string("kind").toUpperCase(Locale.ROOT));
        Action.Builder builder = switch (kind) {
            case LLM_CALL -> Action.llmCall(action.string("provider"), action.string("model"));
            case TOOL_CALL -> Action.toolCall(action.string("tool"));
            case RUN, AGENT_STEP, AGENT_DISPATCH -> Action.of(kind);
        };
        builder.key(action.string("key")).tenant(action.string("tenant"));
        if (action.has("run")) {
            builder.run(action.string("run"));
        }
        if (action.has("step")) {
            builder.step(action.string("step"));
        }
        if (action.has("agent")) {
            builder.agent(action.string("agent"));
        }
        if (action.has("inputTokens")) {
            builder.inputTokens(action.integer("inputTokens"));
        }
        if (action.has("maxOutputTokens")) {
            builder.maxOutputTokens(action.integer("maxOutputTokens"));
        }
        if (action.has("reasoningEffort")) {
            ReasoningEffort.of(action.string("reasoningEffort")).ifPresent(builder::reasoningEffort);
        }
        if (action.has("temperature")) {
            builder.temperature(new BigDecimal(action.string("temperature")));
        }
        if (action.has("topP")) {
            builder.topP(new BigDecimal(action.string("topP")));
        }
        if (action.has("stopSequences")) {
            builder.stopSequences(action.strings("stopSequences"));
        }
        if (action.has("plannedSteps")) {
            builder.plannedSteps(action.integer("plannedSteps"));
        }
        if (action.has("cost")) {
            builder.cost(Money.parse(action.string("cost")));
        }
        if (action.has("charges")) {
            action.strings("charges").forEach(charge -> builder.charge(Amount.parse(charge)));
        }
        return builder;
    }
}
