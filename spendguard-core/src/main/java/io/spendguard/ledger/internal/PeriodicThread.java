package io.spendguard.ledger.internal;

import java.time.Duration;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does the same work again and again on a daemon thread of its own, the first time after one interval, until it is closed.
 * What fails is logged and done again after the next interval.
 */
public final class PeriodicThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeriodicThread.class);
    private static final long CLOSE_MILLIS = 5_000;

    private final Runnable work;
    private final Duration interval;
    private final Object lock = new Object();
    private final Thread thread;
    private boolean closed;

    /**
     * A thread that was not started yet.
     *
     * @param name the thread's name
     * @param interval from the end of one round to the beginning of the next
     * @param work one round
     */
    public PeriodicThread(String name, Duration interval, Runnable work) {
        this.work = Objects.requireNonNull(work, "work");
        this.interval = Objects.requireNonNull(interval, "interval");
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Begins; called once. */
    public void start() {
        thread.start();
    }

    /** Breaks off what is under way and waits for the thread, at most five seconds. */
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (pause()) {
            try {
                work.run();
            } catch (RuntimeException failed) {
                if (isClosed()) {
                    LOG.debug("A round of thread {} was broken off", thread.getName(), failed);
                } else {
                    LOG.warn(
                            "A round of thread {} failed; the next one begins in {}",
                            thread.getName(),
                            interval,
                            failed);
                }
            }
        }
    }

    private boolean isClosed() {
        synchronized (lock) {
            return closed;
        }
    }

    /** Waits for one interval; tells whether to go on. */
    private boolean pause() {
        long until = System.nanoTime() + interval.toNanos();
        synchronized (lock) {
            for (long left = interval.toNanos(); !closed && left > 0; left = until - System.nanoTime()) {
                try {
                    lock.wait(left / 1_000_000, (int) (left % 1_000_000));
                } catch (InterruptedException e) {
                    return false; // only close interrupts
                }
            }
            return !closed;
        }
    }
}
