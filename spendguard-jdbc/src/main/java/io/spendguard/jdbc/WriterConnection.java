package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.OUTBOX;

import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.SealedEvent;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;

/** One writer's own connection, never a pool's. */
final class WriterConnection {
    /**
     * The server ends whatever is under way on a connection that is lost: a transaction whose client fell silent, a statement
     * that waits. What a successor wants to know is then known in bounded time.
     *
     * <p>And a writer only ever means the rows of its own batch. A plan made while a table is small stays for the session, and what
     * reads all of a small table is slow once it has grown: whatever reads more than the rows named is not to be planned.
     */
    private static final String LIMITS = """
            select set_config('idle_in_transaction_session_timeout', {0}, false), set_config('statement_timeout', {1}, false),
                   set_config('spendguard.writer', {2}, false),
                   set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),
                   set_config('enable_mergejoin', 'off', false), set_config('jit', 'off', false)
            """;
    /** Whoever fell silent for longer than this begins anew to be heard without a break. */
    private static final String SAY_ALIVE = """
            insert into spendguard.writer as known (writer) values (?)
            on conflict (tenant, writer) do update
               set heard_since = case
                       when known.heard_at < clock_timestamp() - ? * interval '1 millisecond' then clock_timestamp()
                       else known.heard_since
                   end,
                   heard_at = clock_timestamp()
            returning heard_at
            """;

    private static final String LET_GO = """
            update spendguard.stream_writer set writer = null where writer = ? and not is_closed and stream <> all (?)
            """;

    private static final int IDLE_IN_TRANSACTION_MILLIS = 5_000;
    private static final int STATEMENT_MILLIS = 10_000;
    /** Longer than any wait the server was told to end by itself, so that a silent network is noticed, and only that. */
    private static final int SILENCE_MILLIS = 5_000;

    private final Connection connection;
    private final DSLContext sql;

    private WriterConnection(Connection connection, UUID writer, Duration lockTimeout) throws SQLException {
        this.connection = connection;
        this.sql = Jooq.on(connection);
        connection.setAutoCommit(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        limitSilence(STATEMENT_MILLIS);
        long statementMillis = Math.max(STATEMENT_MILLIS, 2 * lockTimeout.toMillis());
        sql.fetch(
                LIMITS,
                DSL.val(Integer.toString(IDLE_IN_TRANSACTION_MILLIS)),
                DSL.val(Long.toString(statementMillis)),
                DSL.val(writer.toString()));
    }

    /**
     * Connects and looks at the server again: after a failover it may be another one.
     *
     * @param writer whose connection it is: the streams opened on it are that writer's
     * @throws SQLException when it cannot be reached
     * @throws LedgerSetupException when it is not fit
     */
    static WriterConnection open(DataSource dataSource, UUID writer, PostgresLedger.Options options)
            throws SQLException {
        Connection connection = connection(dataSource);
        try {
            SetupCheck.requireDriver(connection);
            WriterConnection opened = new WriterConnection(connection, writer, options.lockTimeout());
            SetupCheck.require(opened.sql, options.allowsOwner());
            return opened;
        } catch (DataAccessException e) {
            abort(connection);
            throw Jooq.driverFailure(e);
        } catch (SQLException | RuntimeException e) {
            abort(connection);
            throw e;
        }
    }

    /** What a data source throws that asks others first, for a password perhaps, says as little as a refused connection: try again. */
    private static Connection connection(DataSource from) throws SQLException {
        try {
            return from.getConnection();
        } catch (RuntimeException e) {
            throw new SQLException("Ledger's data source gives no connection: " + SqlFailure.firstLine(e), "08001", e);
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

    /** The id of the event that stands durably at another's position; empty when none does. */
    Optional<UUID> eventInPlaceOf(SealedEvent event) throws SQLException {
        try {
            return sql.select(OUTBOX.EVENT_ID)
                    .from(OUTBOX)
                    .where(OUTBOX.TENANT
                            .eq(event.draft().tenant())
                            .and(OUTBOX.STREAM.eq(event.stream()))
                            .and(OUTBOX.SEQ.eq(event.seq())))
                    .fetchOptional(OUTBOX.EVENT_ID);
        } catch (DataAccessException e) {
            throw Jooq.driverFailure(e);
        }
    }

    /** Those of some streams' ends that are not what stands durably there. One round trip. */
    List<EventSealer.Tail> missing(List<EventSealer.Tail> tails) throws SQLException {
        try {
            Set<UUID> gone = new HashSet<>(sql.fetch(
                            """
                            select place.stream
                              from unnest({0}, {1}, {2}, {3}) as place(tenant, stream, seq, chain)
                             where place.chain is distinct from (
                                select event.chain
                                  from spendguard.outbox event
                                 where event.tenant = place.tenant
                                   and event.stream = place.stream
                                   and event.seq = place.seq)
                            """,
                            DSL.val(tails.stream().map(EventSealer.Tail::tenant).toArray(String[]::new)),
                            DSL.val(tails.stream().map(EventSealer.Tail::stream).toArray(UUID[]::new)),
                            DSL.val(tails.stream().map(EventSealer.Tail::seq).toArray(Long[]::new)),
                            DSL.val(tails.stream()
                                    .map(tail -> tail.chain().bytes())
                                    .toArray(byte[][]::new)))
                    .getValues(0, UUID.class));
            return tails.stream().filter(tail -> gone.contains(tail.stream())).toList();
        } catch (DataAccessException e) {
            throw Jooq.driverFailure(e);
        }
    }

    /** Says that a writer is alive. One round trip. Returns the database's time. */
    Instant sayAlive(UUID writer, Duration silence) throws SQLException {
        try {
            return Objects.requireNonNull(
                    sql.resultQuery(SAY_ALIVE, writer, silence.toMillis()).fetchOne(0, Instant.class));
        } catch (DataAccessException e) {
            throw Jooq.driverFailure(e);
        }
    }

    /** Says that a writer goes on with these streams only. One round trip. */
    void letGoOfAllBut(UUID writer, List<EventSealer.Tail> own) throws SQLException {
        try {
            sql.execute(
                    LET_GO, writer, own.stream().map(EventSealer.Tail::stream).toArray(UUID[]::new));
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
