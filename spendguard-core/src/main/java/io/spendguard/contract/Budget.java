package io.spendguard.contract;

import io.spendguard.model.Amount;
import java.time.Duration;
import java.util.Objects;

/**
 * How much may be spent in each window.
 *
 * @param id what rules and the ledger call it
 * @param limit the most that may be spent and held, and its unit; zero allows nothing
 * @param window when the limit starts anew
 * @param holdTtl how long a hold may stay unsettled
 * @param overrunPolicy what happens when a call costs more than was held
 */
public record Budget(String id, Amount limit, WindowSpec window, Duration holdTtl, OverrunPolicy overrunPolicy) {
    /** The hold's time to live when the contract says nothing: ten minutes. */
    public static final Duration DEFAULT_HOLD_TTL = Duration.ofMinutes(10);

    /** Refuses a hold that ends at once with {@link IllegalArgumentException}. */
    public Budget {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(limit, "limit");
        Objects.requireNonNull(window, "window");
        Objects.requireNonNull(overrunPolicy, "overrunPolicy");
        if (holdTtl.isNegative() || holdTtl.isZero()) {
            throw new IllegalArgumentException("Budget '" + id + "' has a hold time of " + holdTtl
                    + ": a hold must outlive its call. Give a positive duration such as PT10M.");
        }
    }
}
