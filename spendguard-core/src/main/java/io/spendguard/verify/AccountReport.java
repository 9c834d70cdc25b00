package io.spendguard.verify;

import io.spendguard.model.Amount;
import java.util.List;
import java.util.UUID;

/**
 * An account as its events tell, re-derived from their entries; {@code available = limit + debt − spent − held}.
 *
 * @param tenant whose
 * @param account its id
 * @param namespace {@code enforce} or {@code shadow}
 * @param budget the contract's budget
 * @param key what the budget is kept per, or the empty string
 * @param from when its window begins
 * @param until when its window ends
 * @param limit what may be spent
 * @param spent what was
 * @param held what is reserved
 * @param available what may still be reserved
 * @param debt what was spent beyond the limit
 * @param history how it came to that, by the times the events state; at most 128 points
 */
public record AccountReport(
        String tenant,
        UUID account,
        String namespace,
        String budget,
        String key,
        String from,
        String until,
        Amount limit,
        Amount spent,
        Amount held,
        Amount available,
        Amount debt,
        List<BalancePoint> history) {
    /** Copies the list, unless it is one that nobody can change. */
    public AccountReport {
        history = history instanceof BalancePoints ? history : List.copyOf(history);
    }
}
