package io.spendguard.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a provider says of one call.
 *
 * @param tenant whose call
 * @param key the action's key, or its decision's id as text
 * @param usage what was counted; {@link Usage#unknown()} where only the cost is said
 * @param cost what it cost; null where it follows from the usage at the decision's price
 * @param state whether it is a report or a bill
 * @param reference where it stands, such as a line of an invoice; no personal value
 */
public record BilledCall(
        String tenant, String key, Usage usage, @Nullable Money cost, CostState state, String reference) {
    /**
     * Refuses with {@link IllegalArgumentException} an estimate, which a provider does not send, and a key or reference with
     * control characters, which evidence cannot carry.
     */
    public BilledCall {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(usage, "usage");
        Objects.requireNonNull(reference, "reference");
        if (key.chars().anyMatch(Character::isISOControl) || reference.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "Billed call has a key or reference with a control character, which evidence cannot carry. Remove it.");
        }
        if (state == CostState.ESTIMATED) {
            throw new IllegalArgumentException(
                    "Call '" + key + "' is billed as ESTIMATED: a provider reports or invoices. Name one of them.");
        }
    }
}
