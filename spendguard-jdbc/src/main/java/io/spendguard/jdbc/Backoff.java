package io.spendguard.jdbc;

import java.util.concurrent.TimeUnit;

/** Pauses between attempts of the writer, each twice as long as the one before, up to half a second. */
final class Backoff {
    static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LAST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final OperationQueue queue;
    private long nextNanos = FIRST_NANOS;

    /** Its pauses end early when the queue is closed during one. */
    Backoff(OperationQueue queue) {
        this.queue = queue;
    }

    void pause() {
        pause(LAST_NANOS);
    }

    void pause(long atMostNanos) {
        queue.pause(Math.min(nextNanos, Math.max(1, atMostNanos)));
        nextNanos = Math.min(2 * nextNanos, LAST_NANOS);
    }
}
