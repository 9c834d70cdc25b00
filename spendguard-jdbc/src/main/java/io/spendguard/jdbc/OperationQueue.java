package io.spendguard.jdbc;

import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.LedgerUnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Operations waiting for the one writer: bounded, first come first served, handed out in batches. Futures are completed outside the lock, because
 * whatever hangs on them runs at once. Safe for any number of threads; only the writer takes and pauses.
 */
final class OperationQueue {
    private final int capacity;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** How many must wait before the writer is woken. */
    private int wanted = 1;

    private boolean closed;
    /** Meaningful once closed. */
    private long endsAtNanos;

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
                if (waiting.size() >= wanted) {
                    changed.signal();
                }
            }
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            operation.fail(refusal);
        }
    }

    /**
     * The operations at the head that somebody still waits for, each key once: who asks again for a key of the batch waits for
     * the next. Blocks until there is one.
     *
     * @param most how many, at least 1
     * @param nanos how long to wait for the first
     * @param awaited what may still come, and how long that is worth waiting for
     * @return empty when none came in that time, or when the queue is closed and empty
     */
    List<Waiting> take(int most, long nanos, Gathering awaited) {
        long begun = System.nanoTime();
        while (true) {
            failExpired();
            lock.lock();
            try {
                long passed = System.nanoTime() - begun;
                boolean isGathering = passed < awaited.nanos() && waiting.size() < Math.min(most, awaited.operations());
                if (!waiting.isEmpty() && (closed || !isGathering)) {
                    return batch(most);
                }
                long end = waiting.isEmpty() ? nanos : awaited.nanos();
                if (closed || passed >= end) {
                    return List.of();
                }
                wanted = isGathering ? Math.min(most, awaited.operations()) : 1;
                changed.awaitNanos((isGathering ? Math.min(end, awaited.nanos()) : end) - passed);
            } catch (InterruptedException e) {
                // Nobody has a reason to interrupt the writer: it ends when the queue is closed.
            } finally {
                wanted = 1;
                lock.unlock();
            }
        }
    }

    private List<Waiting> batch(int most) {
        List<Waiting> batch = new ArrayList<>(Math.min(most, waiting.size()));
        Set<OperationKey> keys = new HashSet<>();
        Iterator<Waiting> next = waiting.iterator();
        while (next.hasNext() && batch.size() < most) {
            Waiting operation = next.next();
            if (keys.add(OperationKey.of(operation.operation()))) {
                batch.add(operation);
                next.remove();
            }
        }
        return batch;
    }

    /** Tells whether nothing waits and nothing will. */
    boolean isExhausted() {
        lock.lock();
        try {
            return closed && waiting.isEmpty();
        } finally {
            lock.unlock();
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

    /** Takes nothing more; what waits is still handed out, and {@code time} is left for it. Closing twice changes nothing. */
    void close(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                endsAtNanos = end;
                changed.signalAll();
            }
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

    /** Tells whether it was closed and the time it was given then is over. */
    boolean isTimeUp() {
        lock.lock();
        try {
            return closed && System.nanoTime() - endsAtNanos >= 0;
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

        void fail(Throwable failure) {
            future.completeExceptionally(failure);
        }

        void failExpired() {
            fail(new LedgerUnavailableException(
                    "Operation " + name() + " was not executed: nobody waits for it any more. Try again."));
        }
    }
}
