package io.spendguard.price;

import io.spendguard.model.Money;
import io.spendguard.model.Reason;
import io.spendguard.model.Usage;
import org.jspecify.annotations.Nullable;

/**
 * The most an action can cost, or why nobody can say.
 *
 * @param method how it was made, for evidence
 * @param usage the most tokens it can use; null when the action uses none or their number is unknown
 * @param price the price applied; null when none was needed or found
 * @param cost the most money it can cost; null when unknown, and when it costs none or credits alone
 * @param problem why the cost is unknown; null when it is known
 */
public record Estimate(
        Method method,
        @Nullable Usage usage,
        @Nullable Price price,
        @Nullable Money cost,
        @Nullable Reason problem) {

    /** How an estimate was made. */
    public enum Method {
        /** The caller named the cost. */
        FIXED,
        /** Counted input and the caller's cap on output, at the book's price. */
        OUTPUT_CAP,
        /** Counted input and all the output the model can produce, at the book's price. */
        MODEL_CEILING,
        /** The action has no cost of its own. */
        FREE,
        /** It could not be made. */
        UNKNOWN
    }
}
