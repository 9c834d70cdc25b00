package io.spendguard.decision;

import io.spendguard.ledger.internal.PeriodicThread;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Sweep;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sweeps again and again on a daemon thread of its own, the first time after one interval, until it is closed. */
final class SweepThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SweepThread.class);

    private final HoldSweeper sweeper;
    private final PeriodicThread thread;

    SweepThread(HoldSweeper sweeper, Duration interval) {
        this.sweeper = sweeper;
        this.thread = new PeriodicThread("spendguard-hold-sweeper", interval, this::sweep);
    }

    void start() {
        thread.start();
    }

    /** Breaks off what is under way and waits for the thread, at most five seconds. */
    @Override
    public void close() {
        thread.close();
    }

    private void sweep() {
        try {
            Sweep sweep = sweeper.sweep();
            if (sweep.expired() > 0) {
                LOG.warn(
                        "{} holds were not settled in time and were ended as their contracts say: commit or release"
                                + " every permit",
                        sweep.expired());
            }
            if (sweep.closedStreams() > 0) {
                LOG.warn(
                        "{} evidence streams were left open by processes that died and were closed: their calls' outcomes"
                                + " are unknown where holds expired",
                        sweep.closedStreams());
            }
        } catch (LedgerUnavailableException away) {
            LOG.debug("Overdue holds could not be ended now", away);
        }
    }
}
