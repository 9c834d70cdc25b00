package io.spendguard.jdbc;

import io.spendguard.jdbc.OperationQueue.Waiting;
import java.time.Duration;
import java.util.List;

/** How long the callers of a batch still wait. */
final class Patience {
    /** However little time one caller has left, the others of its batch are not to fail for it. */
    private static final int SHORTEST_LOCK_WAIT_MILLIS = 20;

    private Patience() {}

    /** What remains to the most patient, at least 1 ms. */
    static int longestMillis(List<Waiting> batch) {
        return batch.stream().mapToInt(Waiting::millisLeft).max().orElse(1);
    }

    /** What remains to the most patient; negative when nobody waits any more. */
    static long longestNanos(List<Waiting> batch) {
        return batch.stream().mapToLong(Waiting::nanosLeft).max().orElse(1);
    }

    /** How long one statement of a batch may wait for a lock, so that the least patient caller hears in time. */
    static int lockTimeoutMillis(List<Waiting> batch, Duration atMost) {
        int shortest = batch.stream().mapToInt(Waiting::millisLeft).min().orElse(1);
        return (int) Math.min(
                atMost.toMillis(), Math.max(Math.min(SHORTEST_LOCK_WAIT_MILLIS, longestMillis(batch)), shortest));
    }
}
