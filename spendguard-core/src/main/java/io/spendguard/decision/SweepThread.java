package io.spendguard.decision;

import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Sweep;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sweeps again and again on a daemon thread of its own, the first time after one interval, until it is closed. */
final class SweepThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SweepThread.class);
    private static final long CLOSE_MILLIS = 5_000;

    private final HoldSweeper sweeper;
    private final Duration interval;
    private final Object lock = new Object();
    private final Thread thread;
    private boolean closed;

    SweepThread(HoldSweeper sweeper, Duration interval) {
        this.sweeper = sweeper;
        this.interval = interval;
        this.thread = new Thread(this::run, "spendguard-hold-sweeper");
        thread.setDaemon(true);
    }

    void start() {
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
                Sweep sweep = sweeper.sweep();
                if (sweep.expired() > 0) {
                    LOG.warn(
                            "{} holds were not settled in time and were ended as their contracts say: commit or release"
                                    + " every permit",
                            sweep.expired());
                }
            } catch (LedgerUnavailableException away) {
                LOG.debug("Overdue holds could not be ended now", away);
            } catch (RuntimeException failed) {
                LOG.warn("Overdue holds could not be looked for; the next sweep tries again", failed);
            }
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
