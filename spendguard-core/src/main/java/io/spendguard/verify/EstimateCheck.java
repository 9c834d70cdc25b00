package io.spendguard.verify;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Money;
import io.spendguard.price.Price;
import org.jspecify.annotations.Nullable;

/**
 * Whether the estimate of a decision that allows is the most that its action lets the call come to: the tokens that the action states or
 * its model can produce, the cost that it names, or nothing where it has none. Looks at one event at a time.
 */
final class EstimateCheck {
    private EstimateCheck() {}

    /**
     * What is wrong with it; null where nothing is, and where it does not say how it was made. Throws
     * {@link io.spendguard.json.JsonException} for malformed facts.
     *
     * @param price the price that it applies; null for none
     */
    static @Nullable String fault(JsonObject data, @Nullable Price price) {
        JsonObject estimate = data.object("estimate");
        if (!data.has("expiresAt") || !data.has("action") || !estimate.has("method")) {
            return null;
        }
        JsonObject action = effective(data);
        return switch (estimate.string("method")) {
            case "output_cap" -> bounded(estimate, action, price, true);
            case "model_ceiling" -> bounded(estimate, action, price, false);
            case "fixed" -> fixed(estimate, action);
            case "free" ->
                isCall(action) || action.has("cost") || action.has("charges") || estimate.has("cost")
                        ? "as free, though its action is not"
                        : null;
            case "unknown" -> unknown(estimate, data);
            default -> "as '" + estimate.string("method") + "', which is no way to estimate";
        };
    }

    /** What runs: the action as it was asked for, or what a degrade makes of it. */
    static JsonObject effective(JsonObject data) {
        boolean isDegraded = data.object("decision").string("effect").equals("degrade") && data.has("effective");
        return data.object(isDegraded ? "effective" : "action");
    }

    private static @Nullable String bounded(
            JsonObject estimate, JsonObject action, @Nullable Price price, boolean isCapped) {
        if (!isCall(action) || action.has("cost") || price == null || !action.has("inputTokens")) {
            return "by its tokens, though its action or its price has none to count";
        }
        long input = action.integer("inputTokens");
        long ceiling = Math.min(price.contextWindow() - input, price.maxOutputTokens());
        boolean mayBeCapped = action.has("maxOutputTokens") && action.integer("maxOutputTokens") <= ceiling;
        JsonObject usage = estimate.object("usage");
        long output = mayBeCapped ? action.integer("maxOutputTokens") : ceiling;
        // Nothing is foreseen to be read from a cache, which would be cheaper.
        if (mayBeCapped == isCapped
                && usage.size() == 2
                && usage.integer("input") == input
                && usage.integer("output") == output) {
            return null;
        }
        return "at " + usage.integer("input") + " and " + usage.integer("output")
                + " tokens, where its action comes to " + input + " and at most " + output;
    }

    private static @Nullable String fixed(JsonObject estimate, JsonObject action) {
        if (action.has("cost")) {
            return estimate.has("cost")
                            && Money.parse(estimate.string("cost")).equals(Money.parse(action.string("cost")))
                    ? null
                    : "at another cost than its action names";
        }
        return isCall(action) || !action.has("charges") || estimate.has("cost")
                ? "at a cost that its action does not name"
                : null;
    }

    /** Nothing is held of money where nobody knows how much. */
    private static @Nullable String unknown(JsonObject estimate, JsonObject data) {
        boolean isMoney = data.has("claims")
                && data.objects("claims").stream()
                        .anyMatch(claim ->
                                Amount.parse(claim.string("amount")).unit().isMoney());
        return estimate.has("cost") || isMoney ? "as unknown, and lets it spend money" : null;
    }

    private static boolean isCall(JsonObject action) {
        return action.string("kind").equals("llm_call");
    }
}
