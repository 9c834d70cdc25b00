package io.spendguard.jdbc;

import io.spendguard.jdbc.OperationQueue.Waiting;
import io.spendguard.jdbc.SealedBatch.Write;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.LedgerUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries a batch once, and tells those callers whose answer is known then. Used by the writer's thread alone.
 *
 * <p>Every batch that is sealed ends in exactly one of four ways before the next is sealed: committed, abandoned (rolled
 * back), fenced (another event took its position) or lost (the session ends before anybody could tell).
 *
 * <p>Each way of trying returns what is left to do: nothing, or those not answered yet when the connection broke and it is
 * proved that nothing was written, or when one of them would not say what to post. It throws {@link SQLException} when
 * nothing was written, and {@link LedgerUnavailableException} when nothing could be signed or an outcome stays unknown.
 */
final class BatchPoster {
    private static final Logger LOG = LoggerFactory.getLogger(BatchPoster.class);
    /** Batches that look first, after one in which somebody came away with less than assumed. */
    private static final int LOOKING_BATCHES = 4;

    private final WriterLink link;
    private final EventSealer sealer;
    private final LedgerHost host;
    private final OutcomeFence outcomes;
    private final Duration lockTimeout;
    private int lookingBatches;

    BatchPoster(WriterLink link, EventSealer sealer, LedgerHost host, OutcomeFence outcomes, Duration lockTimeout) {
        this.link = link;
        this.sealer = sealer;
        this.host = host;
        this.outcomes = outcomes;
        this.lockTimeout = lockTimeout;
    }

    /** Tells whether the next batch had better take the ordered path, because of what the last few met. */
    boolean shouldLookFirst() {
        return lookingBatches > 0;
    }

    /** Tries the postings that were made without looking: one round trip. */
    List<Waiting> assumed(List<Waiting> batch) throws SQLException {
        WriterConnection to = link.connected();
        SealedBatch sealed = SealedBatch.of(AssumedPath.writes(batch), sealer);
        return commit(sealed, () -> {
            to.limitSilence(Patience.longestMillis(batch));
            sealed.call().execute(to.jdbc(), false, Patience.lockTimeoutMillis(batch, lockTimeout));
        });
    }

    /** Locks what the batch needs, asks each operation what to post on what is there, and posts that: several round trips. */
    List<Waiting> ordered(List<Waiting> batch) throws SQLException {
        WriterConnection to = link.connected();
        to.limitSilence(Patience.longestMillis(batch));
        to.jdbc().setAutoCommit(false);
        try {
            List<LedgerOperation> operations =
                    batch.stream().map(Waiting::operation).toList();
            OrderedPath path = new OrderedPath(to.sql(), operations, host);
            path.limitWaits(Patience.lockTimeoutMillis(batch, lockTimeout), Patience.longestMillis(batch));
            List<Planned> plans = path.plan();
            List<Write> writes = new ArrayList<>(batch.size());
            boolean mayCommit = true;
            for (int i = 0; i < plans.size(); i++) {
                Waiting waiting = batch.get(i);
                Planned plan = plans.get(i);
                if (plan instanceof Planned.Writes written) {
                    writes.add(new Write(waiting, written));
                } else if (plan instanceof Planned.Known known) {
                    waiting.future().complete(new PostResult.Replayed(known.answer()));
                } else if (plan instanceof Planned.Refused refused) {
                    waiting.fail(refused.reason());
                } else if (plan instanceof Planned.Failed failed) {
                    waiting.fail(failed.reason());
                    mayCommit = false;
                }
            }
            if (writes.isEmpty() || !mayCommit) {
                return SealedBatch.waiting(writes);
            }
            SealedBatch sealed = SealedBatch.of(writes, sealer);
            write(to, sealed);
            List<Waiting> left = commit(sealed, to.jdbc()::commit);
            boolean isShort = writes.stream().anyMatch(write -> write.plan().isPlannedAnew());
            lookingBatches = isShort ? LOOKING_BATCHES : Math.max(0, lookingBatches - 1);
            return left;
        } catch (DataAccessException e) {
            throw Jooq.driverFailure(e);
        } finally {
            endTransaction(to);
        }
    }

    /** Without a commit: whatever happens here, nothing became durable. */
    private void write(WriterConnection to, SealedBatch batch) throws SQLException {
        try {
            batch.call().execute(to.jdbc(), true, Patience.lockTimeoutMillis(batch.waiting(), lockTimeout));
        } catch (SQLException | RuntimeException e) {
            forget(e);
            throw e;
        }
    }

    /**
     * Makes a sealed batch durable, tells the sealer what became of it, and then the callers.
     *
     * @return what is left to do: nothing, or all when the connection broke and it is proved that nothing was written
     */
    private List<Waiting> commit(SealedBatch batch, SqlAction action) throws SQLException {
        try {
            action.run();
        } catch (SQLException e) {
            if (SqlFailure.of(e) != SqlFailure.CONNECTION_LOST) {
                forget(e);
                throw e;
            }
            if (!outcomes.becameDurable(batch.events(), e)) {
                return batch.waiting();
            }
        } catch (RuntimeException e) {
            forget(e);
            throw e;
        }
        sealer.committed();
        batch.complete();
        return List.of();
    }

    private void forget(Exception reason) {
        if (reason instanceof SQLException e && SqlFailure.of(e) == SqlFailure.POSITION_TAKEN) {
            link.giveUp();
        } else {
            sealer.abandoned();
        }
    }

    private void endTransaction(WriterConnection of) {
        if (!link.uses(of)) {
            return; // lost, and replaced or let go of already
        }
        try {
            Connection jdbc = of.jdbc();
            jdbc.rollback(); // without effect after a commit
            jdbc.setAutoCommit(true);
        } catch (SQLException e) {
            LOG.debug("Connection broke while a transaction was rolled back", e);
            link.disconnect();
        }
    }

    /** Something the driver may fail at. */
    private interface SqlAction {
        void run() throws SQLException;
    }
}
