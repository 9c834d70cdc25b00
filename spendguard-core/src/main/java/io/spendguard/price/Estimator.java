package io.spendguard.price;

import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Usage;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** Bounds what an action can cost, from the price book. Pure; safe for any number of threads. */
public final class Estimator {
    private final PriceBook book;

    /** An estimator that charges by this book. */
    public Estimator(PriceBook book) {
        this.book = book;
    }

    /** The most the action can cost at that time. Never throws for an action that could be built. */
    public Estimate estimate(Action action, Instant at) {
        Optional<Usage> most = Optional.empty();
        if (action.fixedCost().isPresent()) {
            most = knownUsage(action);
            return new Estimate(
                    Estimate.Method.FIXED,
                    most.orElse(null),
                    null,
                    action.fixedCost().get(),
                    null);
        }
        if (action.kind() != ActionKind.LLM_CALL) {
            Estimate.Method method = action.charges().isEmpty() ? Estimate.Method.FREE : Estimate.Method.FIXED;
            return new Estimate(method, null, null, null, null);
        }
        String provider = action.provider().orElse("");
        String model = action.model().orElse("");
        Optional<Price> price = book.find(provider, model, at);
        if (price.isEmpty()) {
            return unknown(
                    ReasonCode.UNPRICED,
                    "No price for model '" + provider + "/" + model + "' at " + at + " in price book " + book.version()
                            + ". Add a price or name the action's cost.");
        }
        return estimate(action, price.get());
    }

    private static Estimate estimate(Action action, Price price) {
        OptionalLong input = action.inputTokens();
        if (input.isEmpty()) {
            return unknown(
                    ReasonCode.ESTIMATE_UNKNOWN,
                    "Action on model '" + price.model() + "' has no input token count, so its cost has no bound."
                            + " Count the input or name the action's cost.");
        }
        long room = price.contextWindow() - input.getAsLong();
        if (room < 1) {
            return unknown(
                    ReasonCode.ESTIMATE_UNKNOWN,
                    "Action on model '" + price.model() + "' has " + input.getAsLong()
                            + " input tokens, but the context" + " window is " + price.contextWindow()
                            + ". Shorten the input.");
        }
        long ceiling = Math.min(room, price.maxOutputTokens());
        boolean capped =
                action.maxOutputTokens().isPresent() && action.maxOutputTokens().getAsLong() <= ceiling;
        long output = capped ? action.maxOutputTokens().getAsLong() : ceiling;
        Usage most = Usage.of(input.getAsLong(), output);
        try {
            return new Estimate(
                    capped ? Estimate.Method.OUTPUT_CAP : Estimate.Method.MODEL_CEILING,
                    most,
                    price,
                    price.costRoundedUp(most),
                    null);
        } catch (ArithmeticException overflow) {
            return unknown(
                    ReasonCode.ESTIMATE_UNKNOWN,
                    "Action on model '" + price.model() + "' costs more than can be counted. Shorten the input.");
        }
    }

    private static Optional<Usage> knownUsage(Action action) {
        return action.inputTokens().isPresent() && action.maxOutputTokens().isPresent()
                ? Optional.of(Usage.of(
                        action.inputTokens().getAsLong(),
                        action.maxOutputTokens().getAsLong()))
                : Optional.empty();
    }

    private static Estimate unknown(ReasonCode code, String text) {
        return new Estimate(Estimate.Method.UNKNOWN, null, null, null, Reason.of(code, text));
    }
}
