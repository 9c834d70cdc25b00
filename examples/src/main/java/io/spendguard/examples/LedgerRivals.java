package io.spendguard.examples;

import io.spendguard.model.IdSource;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/**
 * What a team would write first, as short as it can be and as durable as ours: the naive form, which reads, checks and writes in
 * a SERIALIZABLE transaction and tries again, and one function call for each decision. Both write a key, a transaction, two
 * entries and a signed event of 1 KB. And the floor: inserting 1 KB, durably.
 */
final class LedgerRivals implements AutoCloseable {
    private static final int CONNECTIONS = 16;
    private static final String SCHEMA = """
            create schema rival;
            create table rival.bare (id uuid primary key, payload bytea not null);
            create table rival.budget (
                id bigint primary key, available bigint not null check (available >= 0),
                held bigint not null default 0 check (held >= 0)) with (fillfactor = 10);
            create table rival.decision (key uuid primary key, request_hash bytea not null, tx_id uuid not null);
            create table rival.tx (tx_id uuid primary key, key uuid not null);
            create table rival.entry (
                tx_id uuid not null, line int not null, budget bigint not null, atoms bigint not null,
                primary key (tx_id, line));
            create table rival.outbox (tx_id uuid primary key, payload bytea not null, signature bytea not null);
            insert into rival.budget select i, 1000000000000000 from generate_series(0, 3000) i;
            create function rival.decide(
                of_key uuid, hash bytea, of_tx uuid, budgets bigint[], take bigint, event bytea, signed bytea)
                returns boolean language plpgsql as $$
            begin
                insert into rival.decision values (of_key, hash, of_tx);
                insert into rival.tx values (of_tx, of_key);
                insert into rival.entry
                    select of_tx, row_number() over (), budget, sign * take
                      from unnest(budgets) budget, (values (-1), (1)) side(sign);
                insert into rival.outbox values (of_tx, event, signed);
                for i in 1..cardinality(budgets) loop
                    update rival.budget set available = available - take, held = held + take
                     where id = budgets[i] and available >= take;
                    if not found then raise exception 'short'; end if;
                end loop;
                return true;
            end $$;
            """;

    private final BlockingQueue<Connection> connections = new ArrayBlockingQueue<>(CONNECTIONS);
    private final Signer signer = Ed25519Signer.generate();
    private final IdSource ids = IdSource.system();
    private final byte[] hash = new byte[32];

    LedgerRivals(DataSource admin) throws SQLException {
        try (Connection connection = admin.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(SCHEMA);
        }
        for (int i = 0; i < CONNECTIONS; i++) {
            connections.add(admin.getConnection());
        }
    }

    /** Inserts 1 KB. */
    void bare() throws Exception {
        with(connection -> {
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            execute(connection, "insert into rival.bare values (?, ?)", ids.next(), event());
            return true;
        });
    }

    /** Reads, checks, writes; again when another was faster. */
    void naive(long budget) throws Exception {
        UUID key = UUID.randomUUID();
        UUID tx = ids.next();
        byte[] event = event();
        byte[] signature = signer.sign(event);
        for (int attempt = 0; !with(connection -> tryNaive(connection, budget, key, tx, event, signature)); attempt++) {
            long most = Math.min(25_000_000L, 100_000L << Math.min(attempt, 10));
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most / 2, most));
        }
    }

    private boolean tryNaive(Connection connection, long budget, UUID key, UUID tx, byte[] event, byte[] signature)
            throws SQLException {
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        try {
            query(connection, "select tx_id from rival.decision where key = ?", key);
            long available = query(connection, "select available from rival.budget where id = ?", budget);
            if (available < 1) {
                throw new SQLException("short");
            }
            execute(connection, "insert into rival.decision values (?, ?, ?)", key, hash, tx);
            execute(connection, "insert into rival.tx values (?, ?)", tx, key);
            execute(connection, "insert into rival.entry values (?, 1, ?, -1), (?, 2, ?, 1)", tx, budget, tx, budget);
            execute(
                    connection,
                    "update rival.budget set available = available - 1, held = held + 1 where id = ?",
                    budget);
            execute(connection, "insert into rival.outbox values (?, ?, ?)", tx, event, signature);
            connection.commit();
            return true;
        } catch (SQLException e) {
            connection.rollback();
            if ("40001".equals(e.getSQLState()) || "40P01".equals(e.getSQLState())) {
                return false;
            }
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** One function call, budgets in order. */
    void oneCall(Long... budgets) throws Exception {
        byte[] event = event();
        byte[] signature = signer.sign(event);
        with(connection -> {
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            execute(
                    connection,
                    "select rival.decide(?, ?, ?, ?, 1, ?, ?)",
                    UUID.randomUUID(),
                    hash,
                    ids.next(),
                    connection.createArrayOf("bigint", budgets),
                    event,
                    signature);
            return true;
        });
    }

    @Override
    public void close() throws SQLException {
        for (Connection connection : connections) {
            connection.close();
        }
    }

    /** As long as ours. */
    private byte[] event() {
        StringBuilder json =
                new StringBuilder(1_024).append("{\"id\":\"").append(ids.next()).append("\",\"data\":\"");
        while (json.length() < 1_022) {
            json.append('x');
        }
        return json.append("\"}").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void execute(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, values).execute();
        }
    }

    private static long query(Connection connection, String sql, Object value) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                var rows = bind(statement, value).executeQuery()) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    private static PreparedStatement bind(PreparedStatement statement, Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            if (values[i] instanceof java.sql.Array array) {
                statement.setArray(i + 1, array);
            } else {
                statement.setObject(i + 1, values[i]);
            }
        }
        return statement;
    }

    private boolean with(Use use) throws Exception {
        Connection connection = connections.take();
        try {
            return use.of(connection);
        } finally {
            connections.add(connection);
        }
    }

    /** What is done with a connection. */
    private interface Use {
        boolean of(Connection connection) throws SQLException;
    }
}
