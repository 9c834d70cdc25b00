package io.spendguard.decision;

import io.spendguard.contract.OnExpiry;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Claim;
import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Money;
import io.spendguard.model.ReasoningEffort;
import io.spendguard.model.Usage;
import io.spendguard.price.Estimate;
import io.spendguard.price.Price;
import java.math.BigDecimal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What settling a hold needs to know of its decision, frozen with it: the effective action and the price. Stored with
 * the reservation, so that another process can settle too. Holds no personal value.
 *
 * @param effective the action that was allowed
 * @param price the price at the time of the decision; null when none applied
 * @param contract the deciding contract's digest, in hexadecimal
 * @param priceBook the price book's digest, in hexadecimal
 * @param onExpiry what becomes of the hold when nobody settles it in time
 */
record Terms(Action effective, @Nullable Price price, String contract, String priceBook, OnExpiry onExpiry) {

    static Terms of(Verdict verdict, String contract, String priceBook, OnExpiry onExpiry) {
        Estimate estimate = verdict.estimate();
        return new Terms(verdict.effective(), estimate.price(), contract, priceBook, onExpiry);
    }

    static Terms parse(byte[] json) {
        JsonObject root = JsonObject.parse(json);
        JsonObject action = root.object("action");
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
        return new Terms(
                builder.build(),
                root.has("price") ? Price.fromJson(root.object("price")) : null,
                root.string("contract"),
                root.string("priceBook"),
                root.has("onExpiry") ? OnExpiry.valueOf(root.string("onExpiry")) : OnExpiry.COMMIT);
    }

    byte[] toBytes() {
        JsonObject root = JsonObject.create()
                .put("action", ActionJson.plain(effective))
                .put("contract", contract)
                .put("priceBook", priceBook);
        if (price != null) {
            root.put("price", price.toJson());
        }
        if (onExpiry != OnExpiry.COMMIT) {
            root.put("onExpiry", onExpiry.name());
        }
        return root.toCanonicalBytes();
    }

    /** What the usage costs; null when it cannot be priced, so that the estimate stands. */
    @Nullable
    Money cost(Usage usage) {
        if (effective.fixedCost().isPresent()) {
            return effective.fixedCost().get();
        }
        return price != null && usage.isComplete() ? price.costRoundedUp(usage) : null;
    }

    /** What expiry records as spent of a hold. */
    long atExpiry(Claim claim) {
        return onExpiry == OnExpiry.COMMIT ? claim.atomic() : 0;
    }

    /** What a claim is charged for this usage and cost; the hold itself when that is unknown. */
    Charge charge(Claim claim, @Nullable Money cost, @Nullable Usage usage) {
        var quantity = Claims.quantity(claim.account().unit(), effective, cost, usage);
        return quantity.isPresent()
                ? new Charge(claim, quantity.getAsLong(), false)
                : new Charge(claim, claim.atomic(), claim.atomic() > 0);
    }

    /**
     * What one hold becomes.
     *
     * @param claim the hold
     * @param actual what is recorded as spent
     * @param estimated whether that is the hold, for want of a count
     */
    record Charge(Claim claim, long actual, boolean estimated) {}
}
