package io.spendguard.verify;

import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import java.time.Instant;
import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * Points that are made when they are asked for: 32 bytes each, where a list of them takes 150. A package has as many accounts as
 * runs. Never changes; safe for any number of threads.
 */
final class BalancePoints extends AbstractList<BalancePoint> implements RandomAccess {
    private final Unit unit;
    /** Milliseconds, limit, spent and held of each. */
    private final long[] values;

    /** Keeps the array, which nobody else may. */
    BalancePoints(Unit unit, long[] values) {
        this.unit = unit;
        this.values = values;
    }

    @Override
    public BalancePoint get(int index) {
        int first = 4 * Objects.checkIndex(index, size());
        return new BalancePoint(
                Instant.ofEpochMilli(values[first]),
                new Amount(values[first + 1], unit),
                new Amount(values[first + 2], unit),
                new Amount(values[first + 3], unit));
    }

    @Override
    public int size() {
        return values.length / 4;
    }
}
