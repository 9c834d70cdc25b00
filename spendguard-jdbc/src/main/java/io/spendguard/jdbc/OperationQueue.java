package io.spendguard.jdbc;

import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.LedgerUnavailableException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Operations waiting for the one writer: bounded, first come first served. Futures are completed outside the lock, because
 * whatever hangs on them runs at once. Safe for any number of threads; only the writer takes and pauses.
 */
final class OperationQueue {
    private final int capacity;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean closed;

    OperationQueue(int capacity) {
        this.capacity = capacity;
    }

    /** Queues it, or fails its future at once when the queue is full or closed. */
    void offer(Waiting operation) {
        RuntimeException refusal = null;
        lock.lock();
        try {
            if (closed) {
                refusal = new IllegalStateException(
                        "Ledger session is closed: it takes no more operations. Connect again.");
            } else if (waiting.size() >= capacity) {
                refusal = new LedgerUnavailableException("Operation " + operation.name() + " was not executed: "
                        + capacity + " operations are waiting for the ledger, and its queue holds no more. Try again.");
            } else {
                waiting.addLast(operation);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            operation.future().completeExceptionally(refusal);
        }
    }

    /** The next operation somebody still waits for; blocks for it. Null when the queue is closed and empty. */
    @Nullable
    Waiting take() {
        while (true) {
            failExpired();
            lock.lock();
            try {
                if (!waiting.isEmpty()) {
                    return waiting.removeFirst();
                }
                if (closed) {
                    return null;
                }
                changed.awaitUninterruptibly();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Waits before another attempt, less when the queue is closed during it; fails what expires while it waits. */
    void pause(long nanos) {
        long end = System.nanoTime() + nanos;
        lock.lock();
        try {
            boolean wasClosed = closed;
            long left = nanos;
            while (left > 0 && closed == wasClosed) {
                changed.awaitNanos(left);
                left = end - System.nanoTime();
            }
        } catch (InterruptedException e) {
            // Nobody has a reason to interrupt the writer: it ends when the queue is closed.
        } finally {
            lock.unlock();
        }
        failExpired();
    }

    /** Fails the operations nobody waits for any more. */
    void failExpired() {
        List<Waiting> expired = new ArrayList<>();
        lock.lock();
        try {
            waiting.removeIf(operation -> operation.isExpired() && expired.add(operation));
        } finally {
            lock.unlock();
        }
        expired.forEach(Waiting::failExpired);
    }

    /** Takes nothing more; what waits is still handed out. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** One operation and whoever waits for it; time is the JVM's monotonic one, which no clock change moves. */
    record Waiting(LedgerOperation operation, long expiresAtNanos, CompletableFuture<PostResult> future) {
        boolean isExpired() {
            return nanosLeft() <= 0;
        }

        long nanosLeft() {
            return expiresAtNanos - System.nanoTime();
        }

        /** At least 1. */
        int millisLeft() {
            return (int) Math.max(1, Math.min(Integer.MAX_VALUE / 2, TimeUnit.NANOSECONDS.toMillis(nanosLeft())));
        }

        String name() {
            return operation.kind() + " '" + operation.key() + "'";
        }

        void failExpired() {
            future.completeExceptionally(new LedgerUnavailableException(
                    "Operation " + name() + " was not executed: nobody waits for it any more. Try again."));
        }
    }
}
