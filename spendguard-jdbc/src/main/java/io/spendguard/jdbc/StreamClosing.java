package io.spendguard.jdbc;

import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.LedgerUnavailableException;
import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the last events of a writer's own streams, once its queue is closed and empty. */
final class StreamClosing {
    private static final Logger LOG = LoggerFactory.getLogger(StreamClosing.class);
    private static final int STATEMENT_MILLIS = 2_000;

    private final WriterLink link;
    private final EventSealer sealer;
    private final OutcomeFence outcomes;
    private final OperationQueue queue;

    StreamClosing(WriterLink link, EventSealer sealer, OutcomeFence outcomes, OperationQueue queue) {
        this.link = link;
        this.sealer = sealer;
        this.outcomes = outcomes;
        this.queue = queue;
    }

    /** Tries until the queue's time is up. Streams that stay open are logged: they verify as OPEN until a sweep closes them. */
    void run() {
        try {
            closeAll();
        } catch (LedgerUnavailableException unsigned) {
            LOG.warn("Ledger streams stay open", unsigned);
        }
    }

    private void closeAll() {
        List<SealedEvent> closing = sealer.sealClosing();
        Backoff backoff = new Backoff(queue);
        Exception last;
        do {
            if (closing.isEmpty()) {
                sealer.committed();
                return;
            }
            try {
                long lostBefore = link.lostTails();
                WriterConnection to = link.connected();
                if (link.lostTails() > lostBefore) {
                    sealer.abandoned();
                    closing = sealer.sealClosing(); // of the streams that are left, and what states the loss
                }
                to.limitSilence(STATEMENT_MILLIS);
                new PostCall().events(closing).execute(to.jdbc(), true, STATEMENT_MILLIS);
                sealer.committed();
                return;
            } catch (SQLException e) {
                last = e;
                SqlFailure failure = SqlFailure.of(e);
                if (failure == SqlFailure.CONNECTION_LOST) {
                    if (link.isConnected()) { // else it could not be made: nothing was sent
                        try {
                            if (outcomes.becameDurable(closing, e)) {
                                sealer.committed();
                                return;
                            }
                            closing = sealer.sealClosing(); // after the fence
                        } catch (LedgerUnavailableException unknown) {
                            LOG.warn("Ledger streams may lack their last events", unknown);
                            return;
                        }
                    }
                } else if (failure != SqlFailure.RETRY && failure != SqlFailure.LOCKED) {
                    break; // the same would fail again
                }
            } catch (LedgerSetupException e) {
                last = e;
            }
            backoff.pause();
        } while (!queue.isTimeUp());
        sealer.lost();
        LOG.warn(
                "Ledger streams {} stay open, without their last events: the database could not be written to. They"
                        + " verify as OPEN until a sweep closes them.",
                closing.stream().map(SealedEvent::stream).toList(),
                last);
    }
}
