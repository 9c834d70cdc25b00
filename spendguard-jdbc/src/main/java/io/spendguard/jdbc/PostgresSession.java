package io.spendguard.jdbc;

import io.spendguard.jdbc.OperationQueue.Waiting;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.LedgerUnavailableException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A queue and the one thread that empties it. Futures complete on that thread: what hangs on them must not block.
 */
final class PostgresSession implements LedgerSession {
    /** How much longer than its own time limit the writer is waited for before it is left behind. */
    private static final long GRACE_MILLIS = 1_000;
    /** Far enough, and safe from overflow. */
    private static final long LONGEST_NANOS = TimeUnit.DAYS.toNanos(365);

    private final OperationQueue queue;
    private final Writer writer;
    private final Thread thread;
    private final Duration closeTimeout;
    private final DeadStreams deadStreams;

    PostgresSession(OperationQueue queue, Writer writer, Duration closeTimeout, DeadStreams deadStreams) {
        this.queue = queue;
        this.deadStreams = deadStreams;
        this.writer = writer;
        this.closeTimeout = closeTimeout;
        thread = new Thread(writer, "spendguard-ledger-writer");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Tells whether it was closed and has written all it will. */
    boolean hasEnded() {
        return thread.getState() == Thread.State.TERMINATED;
    }

    @Override
    public CompletableFuture<PostResult> submit(LedgerOperation operation, Duration patience) {
        long nanos = patience.compareTo(Duration.ofNanos(LONGEST_NANOS)) < 0 ? patience.toNanos() : LONGEST_NANOS;
        Waiting waiting = new Waiting(operation, System.nanoTime() + nanos, new CompletableFuture<>());
        if (nanos <= 0) {
            waiting.failExpired();
        } else {
            queue.offer(waiting);
        }
        return waiting.future();
    }

    /** {@inheritDoc} On a connection apart from decisions. */
    @Override
    public int closeDeadStreams(Duration silence) {
        return deadStreams.close(silence);
    }

    /**
     * Returns within the options' close timeout and a second, also without a database, and at once on an interrupted thread. Closing twice
     * does nothing more.
     */
    @Override
    public void close() {
        queue.close(closeTimeout);
        boolean wasInterrupted = false;
        try {
            thread.join(closeTimeout.toMillis() + GRACE_MILLIS);
            if (thread.isAlive()) {
                writer.disconnect();
                thread.join(GRACE_MILLIS);
            }
        } catch (InterruptedException e) {
            writer.disconnect();
            Thread.currentThread().interrupt();
            wasInterrupted = true;
        }
        if (thread.isAlive() && wasInterrupted) {
            throw new LedgerUnavailableException(
                    "Ledger session was closed on a thread that was interrupted, which does not wait:"
                            + " what was queued may not be executed, and its streams stay open until a sweep closes them. Close it on a"
                            + " thread that is not being stopped.");
        }
        if (thread.isAlive()) {
            throw new LedgerUnavailableException("Ledger session did not end within " + closeTimeout
                    + ": its streams stay open. Its thread ends by itself once the database answers.");
        }
    }
}
