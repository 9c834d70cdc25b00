package io.spendguard.verify;

import io.spendguard.model.Unit;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * An account's movements by the time their events state, summed over spans that double whenever there are too many: bounded,
 * and the same whatever order the streams are read in. Not safe for several threads.
 */
final class History {
    private static final int SPANS = 128;
    /** Numbers of a span: which it is, and how limit, spent and held changed in it. */
    private static final int WIDTH = 4;

    private final long[] before = new long[WIDTH];
    private long spanMillis = 1;
    /** In order of time. */
    private long[] spans = new long[2 * WIDTH];

    private int count;

    /** How the account stood before the first change. */
    void begin(long limit, long spent, long held) {
        before[1] = limit;
        before[2] = spent;
        before[3] = held;
    }

    void add(Instant at, long limit, long spent, long held) {
        long span = Math.floorDiv(at.toEpochMilli(), spanMillis);
        int place = count;
        while (place > 0 && spans[WIDTH * (place - 1)] >= span) { // mostly the last one
            place--;
        }
        if (place == count || spans[WIDTH * place] != span) {
            insert(place, span);
        }
        spans[WIDTH * place + 1] += limit;
        spans[WIDTH * place + 2] += spent;
        spans[WIDTH * place + 3] += held;
        while (count > SPANS) {
            widen();
        }
    }

    /**
     * How the account stood after each span. Sums wrap around where they overflow, as such an account is not reported; where
     * clocks of several writers disagree, what would be below nothing is nothing.
     */
    List<BalancePoint> points(Unit unit) {
        long[] points = new long[WIDTH * count];
        long[] sum = before.clone();
        for (int first = 0; first < points.length; first += WIDTH) {
            points[first] = spans[first] * spanMillis;
            for (int i = 1; i < WIDTH; i++) {
                sum[i] += spans[first + i];
                points[first + i] = Math.max(0, sum[i]);
            }
        }
        return new BalancePoints(unit, points);
    }

    private void insert(int place, long span) {
        if (WIDTH * count == spans.length) {
            spans = Arrays.copyOf(spans, 2 * spans.length);
        }
        System.arraycopy(spans, WIDTH * place, spans, WIDTH * (place + 1), WIDTH * (count - place));
        Arrays.fill(spans, WIDTH * place, WIDTH * (place + 1), 0);
        spans[WIDTH * place] = span;
        count++;
    }

    /** Spans twice as long: two neighbours become one. */
    private void widen() {
        spanMillis *= 2;
        int kept = 0;
        for (int i = 0; i < count; i++) {
            long span = Math.floorDiv(spans[WIDTH * i], 2L);
            if (kept == 0 || spans[WIDTH * (kept - 1)] != span) {
                spans[WIDTH * kept] = span;
                System.arraycopy(spans, WIDTH * i + 1, spans, WIDTH * kept + 1, WIDTH - 1);
                kept++;
            } else {
                for (int number = 1; number < WIDTH; number++) {
                    spans[WIDTH * (kept - 1) + number] += spans[WIDTH * i + number];
                }
            }
        }
        count = kept;
    }
}
