package io.spendguard.verify;

import io.spendguard.model.Amount;
import java.time.Instant;
import java.util.Objects;

/**
 * How an account stood at a moment, by the times its events state; those are their writer's claim, their order is proved
 * within each stream only.
 *
 * @param at when
 * @param limit what was granted until then
 * @param spent what was spent until then
 * @param held what was reserved then
 */
public record BalancePoint(Instant at, Amount limit, Amount spent, Amount held) {
    /** Checks that every part is present. */
    public BalancePoint {
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(limit, "limit");
        Objects.requireNonNull(spent, "spent");
        Objects.requireNonNull(held, "held");
    }
}
