package io.spendguard.jdbc;

import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.LedgerUnavailableException;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what became of a sealed batch whose answer was lost, with a fence at its first position: the server lets one of the
 * two become durable. Used by the writer's thread alone.
 */
final class OutcomeFence {
    private static final Logger LOG = LoggerFactory.getLogger(OutcomeFence.class);
    private static final int LOCK_WAIT_MILLIS = 1_000;

    private final WriterLink link;
    private final EventSealer sealer;
    private final OperationQueue queue;

    OutcomeFence(WriterLink link, EventSealer sealer, OperationQueue queue) {
        this.link = link;
        this.sealer = sealer;
        this.queue = queue;
    }

    /**
     * Tells whether the batch is durable. Blocks, also beyond anybody's patience, until that is known; a transaction still under way
     * on the lost connection makes the fence wait, and the server ends it in bounded time. Afterwards the sealer knows
     * that the batch is fenced off, or is still to be told that it is durable. Where the ledger was set back meanwhile, the
     * batch is as little there as what came before it; and where another writer took this one for dead and closed its stream
     * there, the batch never will be.
     *
     * @param batch the last that was sealed
     * @param reason how its answer was lost
     * @throws LedgerUnavailableException when the session must end before anybody can tell; the sealer knows then
     */
    boolean becameDurable(List<SealedEvent> batch, SQLException reason) {
        link.disconnect();
        List<SealedEvent> fence = List.of();
        long lostBefore = link.lostTails();
        Backoff backoff = new Backoff(queue);
        while (!queue.isTimeUp()) {
            try {
                if (fence.isEmpty()) {
                    fence = sealer.sealFence();
                }
                WriterConnection to = link.connected();
                if (link.lostTails() > lostBefore) {
                    // A fence would stand in another history. Whatever is tried again has the same keys: it is there
                    // once.
                    link.giveUp();
                    return false;
                }
                UUID there = inPlaceOf(to, fence);
                if (there.equals(fence.get(0).draft().id())) {
                    sealer.fenced();
                    return false;
                }
                if (batch.stream().anyMatch(event -> event.draft().id().equals(there))) {
                    return true;
                }
                link.giveUp();
                return false;
            } catch (LedgerUnavailableException unsigned) {
                LOG.debug("Outcome of a commit is still unknown, no fence can be signed", unsigned);
            } catch (SQLException | LedgerSetupException e) {
                LOG.debug("Outcome of a commit is still unknown", e);
                if (!(e instanceof SQLException failure) || SqlFailure.of(failure) != SqlFailure.LOCKED) {
                    link.disconnect();
                }
            }
            backoff.pause();
        }
        sealer.lost();
        throw new LedgerUnavailableException(
                "Ledger session ended while the outcome of its last commit was unknown: it may or may not be written. Ask"
                        + " again with the same key.",
                reason);
    }

    /** The id of what stands where the fence was to be put: the fence, now or since an attempt before, the batch, or another. */
    private static UUID inPlaceOf(WriterConnection to, List<SealedEvent> fence) throws SQLException {
        to.limitSilence(LOCK_WAIT_MILLIS);
        SealedEvent wanted = fence.get(0);
        try {
            new PostCall().events(fence).execute(to.jdbc(), true, LOCK_WAIT_MILLIS);
            return wanted.draft().id();
        } catch (SQLException e) {
            if (SqlFailure.of(e) == SqlFailure.POSITION_TAKEN) {
                return to.eventInPlaceOf(wanted).orElseThrow(() -> e);
            }
            throw e;
        }
    }
}
