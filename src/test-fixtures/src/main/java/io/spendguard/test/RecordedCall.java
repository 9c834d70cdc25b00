package io.spendguard.test;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One decision as the audit events tell of it, with what became of it. Immutable. */
final class RecordedCall {
    private final String tenant;
    private final Effect effect;
    private final JsonObject asked;
    private final JsonObject effective;
    private final JsonObject estimate;
    private final @Nullable String reason;
    private final @Nullable JsonObject outcome;
    private final @Nullable Money cost;

    private RecordedCall(String tenant, JsonObject decided, @Nullable JsonObject outcome, @Nullable Money reported) {
        this.tenant = tenant;
        this.effect = Effect.valueOf(decided.object("decision").string("effect").toUpperCase(Locale.ROOT));
        this.asked = decided.object("action");
        this.effective = decided.has("effective") ? decided.object("effective") : asked;
        this.estimate = decided.object("estimate");
        this.reason = decided.object("decision").objects("reasons").stream()
                .findFirst()
                .map(first -> first.string("code"))
                .orElse(null);
        this.outcome = outcome;
        this.cost = reported != null ? reported : estimated();
    }

    /**
     * Reads the facts of a decision's event and of its last outcome's.
     *
     * @param outcome null when there is none
     */
    static RecordedCall of(String tenant, JsonObject decided, @Nullable JsonObject outcome) {
        Money reported = null;
        if (outcome != null && outcome.has("cost")) {
            reported = Money.parse(outcome.string("cost"));
        }
        return new RecordedCall(tenant, decided, outcome, reported);
    }

    String tenant() {
        return tenant;
    }

    Effect effect() {
        return effect;
    }

    boolean isOnModel(String model) {
        return names(effective, "model", model);
    }

    boolean isAskedOf(String model) {
        return names(asked, "model", model);
    }

    boolean isOnTool(String tool) {
        return names(asked, "tool", tool);
    }

    boolean isInRun(String run) {
        return names(asked, "run", run);
    }

    boolean isByAgent(String agent) {
        return names(asked, "agent", agent);
    }

    /** Allowed, and neither committed nor released. */
    boolean isOpen() {
        return outcome == null && effect.allows();
    }

    /** Committed: it cost something, be it nothing. */
    boolean isSpent() {
        return outcome != null && outcome.object("outcome").string("kind").equals("COMMITTED");
    }

    /** What it did cost, or may still cost when it is open; empty when that is unknown or nothing. */
    Optional<Money> cost() {
        return Optional.ofNullable(cost);
    }

    /** It costs something, and nobody knows how much: the contract needs no price, and there is none. */
    boolean isOfUnknownCost() {
        return (isSpent() || isOpen())
                && cost == null
                && !estimate.string("method").equals("free");
    }

    /** What it was and what became of it, without anything personal. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(asked.string("kind"));
        append(text, " ", model(asked));
        append(text, " ", asked.stringOrNull("tool"));
        if (effect == Effect.DEGRADE && !isOnModel(asked.has("model") ? asked.string("model") : "")) {
            append(text, " degraded to ", model(effective));
        }
        append(text, " of agent ", asked.stringOrNull("agent"));
        append(text, " in run ", asked.stringOrNull("run"));
        return text.append(": ").append(fate()).toString();
    }

    private String fate() {
        String amount = cost == null ? (isOfUnknownCost() ? "an unknown amount" : "nothing") : cost.toString();
        if (isSpent()) {
            return amount + " spent";
        }
        if (outcome != null) {
            return "released";
        }
        return effect.allows() ? amount + " held, not settled" : effect + (reason == null ? "" : " " + reason);
    }

    private @Nullable Money estimated() {
        return estimate.has("cost") ? Money.parse(estimate.string("cost")) : null;
    }

    private static @Nullable String model(JsonObject action) {
        String model = action.stringOrNull("model");
        String provider = action.stringOrNull("provider");
        return model == null || provider == null ? model : provider + "/" + model;
    }

    private static boolean names(JsonObject action, String member, String value) {
        return value.equals(action.stringOrNull(member));
    }

    private static void append(StringBuilder text, String before, @Nullable String value) {
        if (value != null) {
            text.append(before).append(value);
        }
    }
}
