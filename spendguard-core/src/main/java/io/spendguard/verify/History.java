package io.spendguard.verify;

import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An account's movements by the time their events state, summed over spans that double whenever there are too many: bounded,
 * and the same whatever order the streams are read in.
 */
final class History {
    private static final int SPANS = 128;

    private long spanMillis = 1;
    private TreeMap<Long, Delta> spans = new TreeMap<>();
    private Delta before = new Delta(0, 0, 0);

    /** How the account stood before the first change. */
    void begin(long limit, long spent, long held) {
        before = new Delta(limit, spent, held);
    }

    void add(Instant at, long limit, long spent, long held) {
        spans.merge(Math.floorDiv(at.toEpochMilli(), spanMillis), new Delta(limit, spent, held), Delta::plus);
        while (spans.size() > SPANS) {
            spanMillis *= 2;
            TreeMap<Long, Delta> wider = new TreeMap<>();
            spans.forEach((span, delta) -> wider.merge(Math.floorDiv(span, 2L), delta, Delta::plus));
            spans = wider;
        }
    }

    /**
     * How the account stood after each span. Sums wrap around where they overflow, as such an account is not reported; where
     * clocks of several writers disagree, what would be below nothing is nothing.
     */
    List<BalancePoint> points(Unit unit) {
        List<BalancePoint> points = new ArrayList<>(spans.size());
        Delta sum = before;
        for (Map.Entry<Long, Delta> span : spans.entrySet()) {
            sum = sum.plus(span.getValue());
            points.add(new BalancePoint(
                    Instant.ofEpochMilli(span.getKey() * spanMillis),
                    amount(sum.limit, unit),
                    amount(sum.spent, unit),
                    amount(sum.held, unit)));
        }
        return points;
    }

    private static Amount amount(long atoms, Unit unit) {
        return new Amount(Math.max(0, atoms), unit);
    }

    private record Delta(long limit, long spent, long held) {
        Delta plus(Delta other) {
            return new Delta(limit + other.limit, spent + other.spent, held + other.held);
        }
    }
}
