package io.spendguard.contract;

import io.spendguard.model.Amount;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How much may be spent in each window.
 *
 * @param id what rules and the ledger call it
 * @param limit the most that may be spent and held, and its unit; zero allows nothing
 * @param window when the limit starts anew
 * @param appliesTo which actions it counts, of those that use its unit
 * @param per what it has one account for each value of; empty for one account
 * @param whenKeyMissing what becomes of an action that has no value for {@code per} or for the run
 * @param maxKeys how many values of {@code per} get an account in one window; null for any number
 * @param parent the budget that must have room too, of the same unit; null for none
 * @param holdTtl how long a hold may stay unsettled
 * @param warnAt shares of the limit, in percent, whose crossing is reported
 * @param overrunPolicy what happens when a call costs more than was held
 * @param absorbPercent how much of a window's limit debt of earlier ones may take, in percent, where it is absorbed
 */
public record Budget(
        String id,
        Amount limit,
        WindowSpec window,
        AppliesTo appliesTo,
        List<KeyPart> per,
        WhenKeyMissing whenKeyMissing,
        @Nullable Integer maxKeys,
        @Nullable String parent,
        Duration holdTtl,
        SortedSet<Integer> warnAt,
        OverrunPolicy overrunPolicy,
        int absorbPercent) {
    /** The hold's time to live when the contract says nothing: ten minutes. */
    public static final Duration DEFAULT_HOLD_TTL = Duration.ofMinutes(10);

    /** Refuses a hold that ends at once with {@link IllegalArgumentException}. */
    public Budget {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(limit, "limit");
        Objects.requireNonNull(window, "window");
        Objects.requireNonNull(appliesTo, "appliesTo");
        Objects.requireNonNull(whenKeyMissing, "whenKeyMissing");
        Objects.requireNonNull(overrunPolicy, "overrunPolicy");
        per = List.copyOf(per);
        warnAt = Collections.unmodifiableSortedSet(new TreeSet<>(warnAt));
        if (holdTtl.isNegative() || holdTtl.isZero()) {
            throw new IllegalArgumentException("Budget '" + id + "' has a hold time of " + holdTtl
                    + ": a hold must outlive its call. Give a positive duration such as PT10M.");
        }
    }

    /** A budget of one account for every action of its unit, with every other member as the contract's default. */
    public static Budget of(String id, Amount limit, WindowSpec window) {
        return new Budget(
                id,
                limit,
                window,
                AppliesTo.EVERYTHING,
                List.of(),
                WhenKeyMissing.STOP,
                null,
                null,
                DEFAULT_HOLD_TTL,
                Collections.emptySortedSet(),
                OverrunPolicy.RECORD_VIOLATION_AND_DEBT,
                0);
    }

    /** Tells whether a decision that claims it must see its rows, not only have its entries fit. */
    public boolean readsLedger() {
        return !warnAt.isEmpty() || overrunPolicy != OverrunPolicy.RECORD_VIOLATION_AND_DEBT;
    }
}
