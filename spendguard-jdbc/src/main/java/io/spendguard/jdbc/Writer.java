package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.SIGNING_KEY;

import io.spendguard.jdbc.OperationQueue.Waiting;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.LedgerUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out one operation after the other, on a connection of its own.
 *
 * <p>An operation that needs no look is one statement in autocommit. Whatever stands against it, nothing was written, and
 * the ordered path runs. Every batch of events that is sealed ends in exactly one of three ways before the next is
 * sealed: committed, abandoned (it can never become durable), or lost (the session ends before anybody could tell). When
 * the connection breaks while a commit is under way, nothing else is done until its outcome is known: the lost
 * connection's server process is ended, and then the event is there or never will be.
 */
final class Writer implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Writer.class);
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int CLOSING_STATEMENT_MILLIS = 2_000;

    private final DataSource dataSource;
    private final PostgresLedger.Options options;
    private final LedgerHost host;
    private final EventSealer sealer;
    private final OperationQueue queue;
    private volatile @Nullable WriterConnection connection;
    /** Meaningful once the queue is closed. */
    private volatile long endsAtNanos;

    Writer(DataSource dataSource, PostgresLedger.Options options, LedgerHost host, OperationQueue queue) {
        this.dataSource = dataSource;
        this.options = options;
        this.host = host;
        this.sealer = host.newSealer();
        this.queue = queue;
    }

    @Override
    public void run() {
        try {
            for (Waiting next = queue.take(); next != null; next = queue.take()) {
                execute(next);
            }
            closeStreams();
        } finally {
            disconnect();
        }
    }

    /** The connection, made now if there is none. */
    WriterConnection connected() throws SQLException {
        WriterConnection current = connection;
        if (current == null) {
            current = WriterConnection.open(dataSource, options.allowsOwner());
            connection = current;
            registerKey(current);
        }
        return current;
    }

    /** When to stop trying, once the queue is closed. */
    void endAt(long nanos) {
        endsAtNanos = nanos;
    }

    /** Breaks off whatever the writer is waiting for. Called from other threads. */
    void disconnect() {
        WriterConnection current = connection;
        if (current != null) {
            connection = null;
            current.abort();
        }
    }

    private void execute(Waiting waiting) {
        boolean assumes = true;
        long pauseNanos = FIRST_PAUSE_NANOS;
        Exception last = null;
        boolean isFirst = true;
        while (!waiting.isExpired() && (!mustEnd() || (isFirst && connection != null))) {
            isFirst = false;
            try {
                WriterConnection to = connected();
                PostResult result = assumes ? assumed(to, waiting) : ordered(to, waiting);
                if (result != null) {
                    waiting.future().complete(result);
                    return;
                }
                assumes = false;
            } catch (SQLException e) {
                last = e;
                SqlFailure failure = SqlFailure.of(e);
                if (failure == SqlFailure.REFUSED || (failure == SqlFailure.OBJECTION && !assumes && !isLate(e))) {
                    waiting.future()
                            .completeExceptionally(new IllegalStateException(
                                    "Ledger refused operation " + waiting.name() + ": " + SqlFailure.firstLine(e)
                                            + " Nothing was written. Correct the operation.",
                                    e));
                    return;
                }
                if (failure == SqlFailure.UNAVAILABLE) {
                    break;
                }
                if (failure == SqlFailure.CONNECTION_LOST) {
                    disconnect();
                    pauseNanos = pause(pauseNanos, waiting.nanosLeft());
                } else {
                    assumes &= failure == SqlFailure.POSITION_TAKEN;
                    queue.failExpired();
                }
            } catch (LedgerSetupException e) {
                last = e;
                pauseNanos = pause(pauseNanos, waiting.nanosLeft());
            } catch (RuntimeException | Error e) {
                waiting.future().completeExceptionally(e);
                return;
            }
        }
        waiting.future().completeExceptionally(notExecuted(waiting, last));
    }

    /** Tries the posting that was made without looking: one round trip. Null when there is none. */
    private @Nullable PostResult assumed(WriterConnection to, Waiting waiting) throws SQLException {
        Posting posting = waiting.operation().assumed().orElse(null);
        if (posting == null) {
            return null;
        }
        List<SealedEvent> sealed = sealer.seal(List.of(posting.event()));
        return commit(to, posting, sealed, () -> {
            to.limitSilence(waiting.millisLeft());
            new PostCall()
                    .operation(waiting.operation(), posting)
                    .events(sealed)
                    .execute(to.jdbc(), false, lockTimeoutMillis(waiting));
        });
    }

    private @Nullable PostResult ordered(WriterConnection to, Waiting waiting) throws SQLException {
        to.limitSilence(waiting.millisLeft());
        to.jdbc().setAutoCommit(false);
        try {
            OrderedPath path = new OrderedPath(to.sql(), waiting.operation(), host);
            path.limitWaits(lockTimeoutMillis(waiting), waiting.millisLeft());
            Optional<byte[]> known = path.takeKey();
            if (known.isPresent()) {
                return new PostResult.Replayed(known.get());
            }
            OrderedPath.Plan plan = path.plan();
            List<EventDraft> drafts = Stream.concat(plan.openings().stream(), Stream.of(plan.posting()))
                    .map(Posting::event)
                    .toList();
            List<SealedEvent> sealed = sealer.seal(drafts);
            write(to, waiting, plan, sealed);
            return commit(to, plan.posting(), sealed, to.jdbc()::commit);
        } catch (DataAccessException e) {
            throw Jooq.driverFailure(e);
        } finally {
            endTransaction(to);
        }
    }

    /** Without a commit: whatever happens here, nothing became durable. */
    private void write(WriterConnection to, Waiting waiting, OrderedPath.Plan plan, List<SealedEvent> sealed)
            throws SQLException {
        try {
            PostCall call = new PostCall();
            plan.openings().forEach(opening -> call.opening(waiting.operation(), opening));
            call.operation(waiting.operation(), plan.posting())
                    .events(sealed)
                    .execute(to.jdbc(), true, lockTimeoutMillis(waiting));
        } catch (SQLException | RuntimeException e) {
            forget(e);
            throw e;
        }
    }

    /**
     * Makes a sealed batch durable and tells the sealer what became of it.
     *
     * @return null when the connection broke and it is proved that nothing was written
     */
    private @Nullable PostResult commit(
            WriterConnection to, Posting posting, List<SealedEvent> sealed, SqlAction action) throws SQLException {
        SealedEvent event = sealed.get(sealed.size() - 1);
        try {
            action.run();
        } catch (SQLException e) {
            if (SqlFailure.of(e) != SqlFailure.CONNECTION_LOST) {
                forget(e);
                throw e;
            }
            if (!becameDurable(to, event.draft(), e)) {
                sealer.abandoned();
                return null;
            }
        } catch (RuntimeException e) {
            forget(e);
            throw e;
        }
        sealer.committed();
        return new PostResult.Written(posting, event);
    }

    /** Blocks, also beyond anybody's patience, until the outcome of what a lost connection was doing is known. */
    private boolean becameDurable(WriterConnection lost, EventDraft event, SQLException reason) {
        disconnect();
        long pauseNanos = FIRST_PAUSE_NANOS;
        while (!mustEnd()) {
            try {
                WriterConnection next = connected();
                if (next.hasEnded(lost)) {
                    return next.holds(event);
                }
            } catch (SQLException | LedgerSetupException e) {
                LOG.debug("Outcome of a commit is still unknown", e);
                disconnect();
            }
            pauseNanos = pause(pauseNanos, LAST_PAUSE_NANOS);
        }
        sealer.lost();
        throw new LedgerUnavailableException(
                "Ledger session ended while the outcome of its last commit was unknown: it may or may not be written. Ask"
                        + " again with the same key.",
                reason);
    }

    private void forget(Exception reason) {
        if (reason instanceof SQLException e && SqlFailure.of(e) == SqlFailure.POSITION_TAKEN) {
            sealer.lost();
        } else {
            sealer.abandoned();
        }
    }

    private void endTransaction(WriterConnection of) {
        if (of != connection) {
            return; // lost, and replaced or let go of already
        }
        try {
            Connection jdbc = of.jdbc();
            jdbc.rollback(); // without effect after a commit
            jdbc.setAutoCommit(true);
        } catch (SQLException e) {
            LOG.debug("Connection broke while a transaction was rolled back", e);
            disconnect();
        }
    }

    private void closeStreams() {
        List<SealedEvent> closing = sealer.sealClosing();
        if (closing.isEmpty()) {
            sealer.committed();
            return;
        }
        Exception last = null;
        long pauseNanos = FIRST_PAUSE_NANOS;
        do {
            WriterConnection to = null;
            try {
                to = connected();
                to.limitSilence(CLOSING_STATEMENT_MILLIS);
                new PostCall().events(closing).execute(to.jdbc(), true, CLOSING_STATEMENT_MILLIS);
                sealer.committed();
                return;
            } catch (SQLException | LedgerSetupException e) {
                last = e;
                if (to != null && e instanceof SQLException failure) {
                    switch (SqlFailure.of(failure)) {
                        case RETRY -> {
                            // Once more, at once.
                        }
                        case CONNECTION_LOST -> {
                            if (closingBecameDurable(to, closing, failure)) {
                                return;
                            }
                        }
                        default -> endsAtNanos = System.nanoTime();
                    }
                }
                pauseNanos = pause(pauseNanos, LAST_PAUSE_NANOS);
            }
        } while (!mustEnd());
        sealer.lost();
        LOG.warn(
                "Ledger streams {} stay open, without their last events: the database could not be written to. They"
                        + " verify as OPEN until they are swept.",
                closing.stream().map(SealedEvent::stream).toList(),
                last);
    }

    /** Tells whether nothing is left to do: the streams are closed, or nobody will ever know. */
    private boolean closingBecameDurable(WriterConnection lost, List<SealedEvent> closing, SQLException reason) {
        try {
            if (becameDurable(lost, closing.get(0).draft(), reason)) {
                sealer.committed();
                return true;
            }
            return false;
        } catch (LedgerUnavailableException unknown) {
            LOG.warn("Ledger streams may lack their last events", unknown);
            return true;
        }
    }

    private void registerKey(WriterConnection to) throws SQLException {
        EventSealer.Key key = sealer.key();
        try {
            to.sql()
                    .insertInto(SIGNING_KEY, SIGNING_KEY.KEY_ID, SIGNING_KEY.ALGORITHM, SIGNING_KEY.ENCODED)
                    .values(key.id(), key.algorithm(), key.encoded())
                    .onConflictDoNothing()
                    .execute();
        } catch (DataAccessException e) {
            disconnect();
            throw Jooq.driverFailure(e);
        }
    }

    /** Waits, and returns how long to wait the next time. */
    private long pause(long nanos, long atMostNanos) {
        queue.pause(Math.min(nanos, Math.max(1, atMostNanos)));
        return Math.min(2 * nanos, LAST_PAUSE_NANOS);
    }

    private boolean mustEnd() {
        return queue.isClosed() && System.nanoTime() - endsAtNanos >= 0;
    }

    private int lockTimeoutMillis(Waiting waiting) {
        return (int) Math.max(1, Math.min(options.lockTimeout().toMillis(), waiting.millisLeft()));
    }

    /** The window ended between the look at the clock and the write: a new look finds the next window. */
    private static boolean isLate(SQLException failure) {
        return "SG003".equals(failure.getSQLState());
    }

    private static LedgerUnavailableException notExecuted(Waiting waiting, @Nullable Exception reason) {
        if (reason == null) {
            return new LedgerUnavailableException(
                    "Operation " + waiting.name() + " was not executed: nobody waits for it any more. Try again.");
        }
        boolean wasLocked = reason instanceof SQLException failure && SqlFailure.of(failure) == SqlFailure.RETRY;
        return new LedgerUnavailableException(
                "Operation " + waiting.name() + " was not executed: "
                        + (wasLocked
                                ? "other transactions held the rows it needs for as long as anybody waited."
                                        + " Try again; look for transactions left open on the ledger's tables."
                                : SqlFailure.firstLine(reason) + " Check the database, then try again."),
                reason);
    }

    /** Something the driver may fail at. */
    private interface SqlAction {
        void run() throws SQLException;
    }
}
