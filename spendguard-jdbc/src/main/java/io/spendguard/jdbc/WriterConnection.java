package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.OUTBOX;

import io.spendguard.ledger.EventDraft;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * One writer's own connection, never a pool's, with what a successor needs to end its server process: a transaction whose
 * answer was lost may still be running there, and only when that process is gone is its outcome settled.
 */
final class WriterConnection {
    private static final int FENCE_WAIT_MILLIS = 5_000;
    /** Longer than any wait the server was told to end by itself, so that a silent network is noticed, and only that. */
    private static final int SILENCE_MILLIS = 5_000;

    private final Connection connection;
    private final DSLContext sql;
    private final int processId;
    private final OffsetDateTime startedAt;

    private WriterConnection(Connection connection) throws SQLException {
        this.connection = connection;
        this.sql = Jooq.on(connection);
        connection.setAutoCommit(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        limitSilence(FENCE_WAIT_MILLIS);
        Record self = sql.fetchSingle("select pid, backend_start from pg_stat_activity where pid = pg_backend_pid()");
        this.processId = self.get("pid", Integer.class);
        this.startedAt = self.get("backend_start", OffsetDateTime.class);
    }

    /**
     * Connects and looks at the server again: after a failover it may be another one.
     *
     * @throws SQLException when it cannot be reached
     * @throws LedgerSetupException when it is not fit
     */
    static WriterConnection open(DataSource dataSource, boolean allowsOwner) throws SQLException {
        Connection connection = dataSource.getConnection();
        try {
            WriterConnection opened = new WriterConnection(connection);
            SetupCheck.require(opened.sql, allowsOwner);
            return opened;
        } catch (DataAccessException e) {
            abort(connection);
            throw Jooq.driverFailure(e);
        } catch (SQLException | RuntimeException e) {
            abort(connection);
            throw e;
        }
    }

    Connection jdbc() {
        return connection;
    }

    DSLContext sql() {
        return sql;
    }

    /** Treats the connection as lost when the server is silent for this long beyond the time it was given. */
    void limitSilence(int millis) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, Math.addExact(millis, SILENCE_MILLIS));
    }

    /**
     * Ends a lost connection's server process, which belongs to the same role, and waits for its end.
     *
     * @return whether it is gone, so that what it was doing is durable now or never will be
     */
    boolean hasEnded(WriterConnection lost) throws SQLException {
        try {
            limitSilence(FENCE_WAIT_MILLIS);
            return sql
                    .select(DSL.field(
                            "pg_terminate_backend(pid, {0})",
                            SQLDataType.BOOLEAN, DSL.inline((long) FENCE_WAIT_MILLIS)))
                    .from("pg_stat_activity")
                    .where("pid = {0} and backend_start = {1}", DSL.val(lost.processId), DSL.val(lost.startedAt))
                    .fetch()
                    .stream()
                    .allMatch(row -> Boolean.TRUE.equals(row.value1()));
        } catch (DataAccessException e) {
            throw Jooq.driverFailure(e);
        }
    }

    /** Tells whether an event is durable. */
    boolean holds(EventDraft event) throws SQLException {
        try {
            return sql.fetchExists(OUTBOX, OUTBOX.TENANT.eq(event.tenant()).and(OUTBOX.EVENT_ID.eq(event.id())));
        } catch (DataAccessException e) {
            throw Jooq.driverFailure(e);
        }
    }

    /** Lets go without talking to the server; never blocks and never throws. */
    void abort() {
        abort(connection);
    }

    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException alreadyGone) {
            // Nothing is left to let go of.
        }
    }
}
