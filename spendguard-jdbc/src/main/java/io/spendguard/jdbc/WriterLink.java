package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.SIGNING_KEY;

import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerHost;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one writer connected, and the store informed about it: its key, that it is alive, which streams it goes on with. Each new
 * connection looks first whether what the writer knows to be durable is still there; each heartbeat what time it is there. Used by the writer's thread alone, but for
 * {@link #disconnect()}.
 */
final class WriterLink {
    private static final Logger LOG = LoggerFactory.getLogger(WriterLink.class);
    /** A writer that was silent for longer was not heard without a break. */
    private static final Duration BREAK = Duration.ofSeconds(30);

    private final DataSource dataSource;
    private final PostgresLedger.Options options;
    private final LedgerHost host;
    private final EventSealer sealer;
    private final Duration heartbeat;
    private long lostTails;
    private long nextHeartbeatNanos;
    /** Whether streams were given up that others still take for this writer's. */
    private boolean hasGivenUp;

    private volatile @Nullable WriterConnection connection;

    /** Says that the sealer's writer is alive every {@code heartbeat}. */
    WriterLink(
            DataSource dataSource,
            PostgresLedger.Options options,
            LedgerHost host,
            EventSealer sealer,
            Duration heartbeat) {
        this.dataSource = dataSource;
        this.options = options;
        this.host = host;
        this.sealer = sealer;
        this.heartbeat = heartbeat;
    }

    /**
     * The connection, made now if there is none.
     *
     * @throws SQLException when it cannot be made; nothing was sent of what the caller wanted to send
     * @throws LedgerSetupException when the database is not fit
     */
    WriterConnection connected() throws SQLException {
        WriterConnection current = connection;
        if (current == null) {
            current = WriterConnection.open(dataSource, sealer.writer(), options);
            connection = current;
            registerKey(current);
            lookForLostTails(current);
            sayAlive(current);
        }
        return current;
    }

    boolean isConnected() {
        return connection != null;
    }

    /** Tells whether it is this connection that is in use, neither replaced nor let go of. */
    boolean uses(WriterConnection some) {
        return connection == some;
    }

    /** Breaks off whatever the writer is waiting for. Called from other threads too. */
    void disconnect() {
        WriterConnection current = connection;
        if (current != null) {
            connection = null;
            current.abort();
        }
    }

    /** How many tails were found lost so far: who sees it grow across {@link #connected()} is in another history. */
    long lostTails() {
        return lostTails;
    }

    /** Whatever the last batch touched is not this writer's any more. */
    void giveUp() {
        sealer.lost();
        hasGivenUp = true;
    }

    long nanosToNextHeartbeat() {
        return nextHeartbeatNanos - System.nanoTime();
    }

    /** One statement a heartbeat, to be called between batches, also when nothing else is to be written. */
    void sayAliveIfDue() {
        if (nanosToNextHeartbeat() > 0 && !hasGivenUp) {
            return;
        }
        try {
            sayAlive(connected());
        } catch (SQLException | LedgerSetupException e) {
            LOG.debug("Ledger was not told that its writer is alive", e);
            nextHeartbeatNanos = System.nanoTime() + heartbeat.toNanos();
        }
    }

    private void sayAlive(WriterConnection to) throws SQLException {
        try {
            long asked = System.nanoTime();
            Instant databaseTime = to.sayAlive(sealer.writer(), BREAK);
            sealer.ledgerTime(databaseTime, Duration.ofNanos(System.nanoTime() - asked));
            if (hasGivenUp) {
                to.letGoOfAllBut(sealer.writer(), sealer.tails());
                hasGivenUp = false;
            }
            nextHeartbeatNanos = System.nanoTime() + heartbeat.toNanos();
        } catch (SQLException e) {
            disconnect();
            throw e;
        }
    }

    /** What was durable must still be there: a database that was set back has forgotten what callers were told. */
    private void lookForLostTails(WriterConnection to) throws SQLException {
        List<EventSealer.Tail> tails = sealer.tails();
        List<EventSealer.Tail> lost;
        try {
            lost = tails.isEmpty() ? List.of() : to.missing(tails);
        } catch (SQLException e) {
            disconnect();
            throw e;
        }
        if (!lost.isEmpty()) {
            LOG.error(
                    "TAIL_LOST: the ledger lacks the last events of streams {}, which it had acknowledged: it was set back,"
                            + " and spend after that point is forgotten. Find out to when, and replay what the providers billed",
                    lost);
            sealer.tailsLost(lost);
            hasGivenUp = true;
            host.tailsLost(lost.size());
            lostTails += lost.size();
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
}
