package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.ACCOUNT;
import static io.spendguard.jdbc.schema.Tables.IDEMPOTENCY;
import static io.spendguard.jdbc.schema.Tables.KEY_SECRET;
import static io.spendguard.jdbc.schema.Tables.RESERVATION;
import static io.spendguard.jdbc.schema.Tables.RUN_STATE;
import static io.spendguard.jdbc.schema.Tables.SIGNING_KEY;
import static io.spendguard.jdbc.schema.Tables.STREAM;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.ExpiredHolds;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.LedgerUnavailableException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jooq.Cursor;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The durable ledger: PostgreSQL 14 or newer, in a schema {@code spendguard} of its own.
 *
 * <p>It never takes part in the application's transactions and never borrows from its pool: each session's writer has
 * one connection, and reads share a small pool. Every acknowledged operation is durable, together with its signed event.
 */
public final class PostgresLedger implements Ledger {
    private static final int EVENTS_PER_FETCH = 256;
    private static final int CONNECT_TIMEOUT_SECONDS = 5;
    private static final Duration SILENCE = Duration.ofSeconds(5);
    /** Longer than any read or maintenance takes, shorter than anybody waits for a network that is gone. */
    static final Duration LONG_SILENCE = Duration.ofMinutes(5);

    private final DataSource dataSource;
    private final Options options;
    private final HikariDataSource reads;
    private final Set<PostgresSession> sessions = ConcurrentHashMap.newKeySet();
    private final @Nullable LogKeeper keeper;

    private PostgresLedger(DataSource dataSource, Options options, @Nullable LogKeeper keeper) {
        this.dataSource = dataSource;
        this.keeper = keeper;
        this.options = options;
        HikariConfig config = new HikariConfig();
        config.setPoolName("spendguard-ledger-reads");
        config.setDataSource(dataSource);
        config.setMaximumPoolSize(options.readConnections());
        config.setMinimumIdle(0);
        config.setInitializationFailTimeout(-1);
        config.setConnectionTimeout(options.readTimeout().toMillis());
        this.reads = new HikariDataSource(config);
    }

    /**
     * Creates or updates the schema {@code spendguard} and the group role {@code spendguard_app}. Afterwards the schema
     * belongs to the role that called, and a login role may keep a ledger after {@code grant spendguard_app to it}.
     * When it throws, each migration is there whole or not at all, and calling again goes on.
     *
     * <p>Several processes may call at once; calling again does nothing. Needs Flyway on the class path; it keeps its
     * history in the same schema, apart from the application's own.
     *
     * @param admin connects as the role that shall own the schema, which may create schemas and roles
     * @throws IllegalStateException when Flyway is not on the class path
     * @throws LedgerUnavailableException when the database cannot be reached or refuses
     */
    public static void migrate(DataSource admin) {
        Migrations.migrate(Objects.requireNonNull(admin, "admin"));
    }

    /** The version of the schema that this library keeps its ledgers in. */
    public static String schemaVersion() {
        return Migrations.VERSION;
    }

    /** The SQL that {@link #migrate} runs, by file name and in order, for whoever must read it first. */
    public static Map<String, String> schemaScripts() {
        return Migrations.scripts();
    }

    /**
     * Opens a ledger with {@link Options#defaults()}.
     *
     * @see #open(DataSource, Options)
     */
    public static PostgresLedger open(DataSource dataSource) {
        return open(dataSource, Options.defaults());
    }

    /**
     * Opens the ledger of a database that {@link #migrate} prepared. Blocks for one connection and three round trips,
     * which look at everything that could break the ledger's promises. Where the options say so, the ledger keeps the evidence
     * log from then on, on threads and connections apart from decisions, until it is closed.
     *
     * @param dataSource makes a new connection on each call, such as {@code PGSimpleDataSource}; not the application's
     *     pool, which would run dry and lend connections inside the application's transactions
     * @param options pool and time limits
     * @throws LedgerSetupException when the database or the role is not fit, with every fault and its remedy
     * @throws IllegalArgumentException when the evidence log has another name than the options give it
     * @throws LedgerUnavailableException when the database cannot be reached
     */
    public static PostgresLedger open(DataSource dataSource, Options options) {
        Objects.requireNonNull(options, "options");
        try (Connection connection = dataSource.getConnection()) {
            SetupCheck.requireDriver(connection);
            SetupCheck.require(Jooq.on(connection), options.allowsOwner());
        } catch (SQLException | DataAccessException e) {
            throw new LedgerUnavailableException(
                    "Ledger cannot be opened: " + SqlFailure.firstLine(e)
                            + " Check that the database is running and that URL, user and password are right.",
                    e);
        }
        LogKeeping log = options.log();
        return new PostgresLedger(dataSource, options, log == null ? null : LogKeeper.start(dataSource, log));
    }

    /**
     * Opens a ledger with {@link Options#defaults()}.
     *
     * @see #open(String, String, String, Options)
     */
    public static PostgresLedger open(String jdbcUrl, String user, String password) {
        return open(jdbcUrl, user, password, Options.defaults());
    }

    /**
     * Opens the ledger of a database that {@link #migrate} prepared.
     *
     * @param jdbcUrl a URL of PostgreSQL's driver
     * @param user a login role to which {@code spendguard_app} was granted, and nothing else
     * @param password its password
     * @param options pool and time limits
     * @throws IllegalArgumentException when the URL is none of PostgreSQL's; without the URL, which may hold a password
     * @see #open(DataSource, Options)
     */
    public static PostgresLedger open(String jdbcUrl, String user, String password, Options options) {
        PGSimpleDataSource driver = new PGSimpleDataSource();
        driver.setApplicationName("spendguard-ledger");
        driver.setConnectTimeout(CONNECT_TIMEOUT_SECONDS);
        driver.setTcpKeepAlive(true);
        driver.setLoginTimeout(2 * CONNECT_TIMEOUT_SECONDS); // of a server that accepts and then says nothing
        try {
            driver.setUrl(jdbcUrl); // last of these: what the URL says wins
        } catch (IllegalArgumentException withTheUrlInItsMessage) {
            throw new IllegalArgumentException("Ledger URL is not one of a PostgreSQL database, and not repeated here"
                    + " because it may hold a password: it has the form jdbc:postgresql://HOST/DATABASE. Correct it.");
        }
        driver.setUser(user);
        driver.setPassword(password);
        return open(driver, options);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Opens the writer's connection, stores the host's public key and starts one daemon thread.
     *
     * @throws LedgerUnavailableException when the database cannot be reached
     */
    @Override
    public LedgerSession connect(LedgerHost host) {
        OperationQueue queue = new OperationQueue(options.queueCapacity());
        Writer writer = new Writer(dataSource, options, host, queue);
        try {
            writer.connect();
        } catch (SQLException e) {
            throw new LedgerUnavailableException(
                    "Ledger session cannot start: " + SqlFailure.firstLine(e) + " Check that the database is running.",
                    e);
        }
        PostgresSession session = new PostgresSession(
                queue, writer, options.closeTimeout(), new DeadStreams(reads, options, host, writer.self()));
        sessions.removeIf(PostgresSession::hasEnded);
        sessions.add(session);
        session.start();
        return session;
    }

    @Override
    public List<AccountState> accounts(String tenant, Namespace namespace) {
        return scan(sql -> sql.selectFrom(ACCOUNT)
                .where(ACCOUNT.TENANT.eq(tenant))
                .and(ACCOUNT.NAMESPACE.eq(namespace.name()))
                .orderBy(ACCOUNT.BUDGET_ID, ACCOUNT.KEY, ACCOUNT.WINDOW_FROM, ACCOUNT.WINDOW_UNTIL, ACCOUNT.UNIT)
                .fetch(Rows::accountState));
    }

    @Override
    public List<AccountState> accounts(String tenant, Namespace namespace, String budgetId, @Nullable String key) {
        return scan(sql -> sql.selectFrom(ACCOUNT)
                .where(ACCOUNT.TENANT.eq(tenant))
                .and(ACCOUNT.NAMESPACE.eq(namespace.name()))
                .and(ACCOUNT.BUDGET_ID.eq(budgetId))
                .and(key == null ? DSL.noCondition() : ACCOUNT.KEY.eq(key))
                .and(Rows.FOUND_BY_BUDGET)
                .orderBy(ACCOUNT.KEY, ACCOUNT.WINDOW_FROM, ACCOUNT.WINDOW_UNTIL, ACCOUNT.UNIT)
                .fetch(Rows::accountState));
    }

    @Override
    public List<AccountState> find(String tenant, List<AccountId> ids) {
        UUID[] wanted = ids.stream().map(AccountId::value).toArray(UUID[]::new);
        return read(sql -> sql.selectFrom(ACCOUNT)
                .where(ACCOUNT.TENANT.eq(tenant))
                .and(ACCOUNT.ACCOUNT_ID.eq(DSL.any(wanted)))
                .orderBy(ACCOUNT.ACCOUNT_ID)
                .fetch(Rows::accountState));
    }

    @Override
    public RunState run(String tenant, Namespace namespace, String run) {
        return read(sql -> sql.selectFrom(RUN_STATE)
                .where(RUN_STATE.TENANT.eq(tenant))
                .and(RUN_STATE.NAMESPACE.eq(namespace.name()))
                .and(RUN_STATE.RUN.eq(run))
                .fetchOptional(Rows::run)
                .orElseGet(() -> RunState.fresh(run)));
    }

    @Override
    public Optional<Reservation> reservation(String tenant, UUID id) {
        return read(sql -> sql.selectFrom(RESERVATION)
                .where(RESERVATION.TENANT.eq(tenant))
                .and(RESERVATION.RESERVATION_ID.eq(id))
                .fetchOptional(row -> Rows.reservation(row, Rows.claims(sql, tenant, id))));
    }

    @Override
    public Optional<byte[]> answer(String tenant, OperationKind kind, String key) {
        return read(sql -> sql.select(IDEMPOTENCY.ANSWER)
                .from(IDEMPOTENCY)
                .where(IDEMPOTENCY.TENANT.eq(tenant))
                .and(IDEMPOTENCY.OPERATION.eq(kind.name()))
                .and(IDEMPOTENCY.KEY.eq(key))
                .fetchOptional(IDEMPOTENCY.ANSWER));
    }

    /** {@inheritDoc} Blocks for two round trips. */
    @Override
    public ExpiredHolds expired(UUID sweeper, Duration lease, int atMost, @Nullable Reservation after) {
        return scan(sql -> OverdueHolds.read(sql, sweeper, lease, atMost, after));
    }

    /** {@inheritDoc} Blocks for one round trip, and two for each budget whose limit is being carried. */
    @Override
    public List<Account> behind(int atMost) {
        return scan(sql -> LimitRows.behind(sql, atMost));
    }

    @Override
    public boolean outlivesProcess() {
        return true;
    }

    @Override
    public byte[] keySecret(String tenant) {
        byte[] fresh = new byte[32];
        new SecureRandom().nextBytes(fresh);
        return read(sql -> {
            sql.insertInto(KEY_SECRET)
                    .set(KEY_SECRET.TENANT, tenant)
                    .set(KEY_SECRET.SECRET, fresh)
                    .onConflictDoNothing()
                    .execute();
            return Objects.requireNonNull(sql.select(KEY_SECRET.SECRET)
                    .from(KEY_SECRET)
                    .where(KEY_SECRET.TENANT.eq(tenant))
                    .fetchSingle(KEY_SECRET.SECRET));
        });
    }

    @Override
    public List<String> tenants() {
        return scan(sql -> sql.selectDistinct(STREAM.TENANT)
                .from(STREAM)
                .orderBy(STREAM.TENANT)
                .fetch(STREAM.TENANT));
    }

    /**
     * {@inheritDoc}
     *
     * <p>All of them as they stood at one moment, a few hundred in memory at a time.
     */
    @Override
    public void events(@Nullable String tenant, Consumer<SealedEvent> sink) {
        try (Connection connection = reads.getConnection()) {
            limitSilence(connection, LONG_SILENCE);
            // A cursor lives in a transaction; Hikari resets both settings when the connection goes back.
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            try (Cursor<Record> rows = Rows.events(Jooq.on(connection), tenant)
                    .fetchSize(EVENTS_PER_FETCH)
                    .fetchLazy()) {
                for (Record row : rows) {
                    sink.accept(Rows.event(row));
                }
            }
            connection.rollback();
        } catch (SQLException | DataAccessException e) {
            throw unreadable(e);
        }
    }

    @Override
    public List<EventSealer.Key> keys() {
        return read(sql -> sql.selectFrom(SIGNING_KEY)
                .orderBy(SIGNING_KEY.KEY_ID)
                .fetch(row -> new EventSealer.Key(
                        row.get(SIGNING_KEY.KEY_ID), row.get(SIGNING_KEY.ALGORITHM), row.get(SIGNING_KEY.ENCODED))));
    }

    /** Closes the sessions that are still open, as {@link LedgerSession#close} does, and the connections. */
    @Override
    public void close() {
        RuntimeException failed = null;
        for (PostgresSession session : sessions) {
            try {
                session.close();
            } catch (LedgerUnavailableException e) {
                if (failed == null) {
                    failed = e;
                } else {
                    failed.addSuppressed(e);
                }
            }
        }
        sessions.clear();
        reads.close();
        if (keeper != null) {
            keeper.close();
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** What is found by its key: a server that says nothing for much longer than that takes is given up. */
    private <T> T read(Function<DSLContext, T> query) {
        return read(options.readTimeout().plus(SILENCE), query);
    }

    /** What grows with the history; it may take long until the first row is there. */
    private <T> T scan(Function<DSLContext, T> query) {
        return read(LONG_SILENCE, query);
    }

    private <T> T read(Duration silence, Function<DSLContext, T> query) {
        try (Connection connection = reads.getConnection()) {
            limitSilence(connection, silence);
            return query.apply(Jooq.on(connection));
        } catch (SQLException | DataAccessException e) {
            throw unreadable(e);
        }
    }

    /** A connection whose other end went away without a word breaks after so long; the pool takes the limit back. No round trip. */
    static void limitSilence(Connection connection, Duration silence) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, Math.toIntExact(silence.toMillis()));
    }

    private static LedgerUnavailableException unreadable(Exception reason) {
        return new LedgerUnavailableException(
                "Ledger cannot be read: " + SqlFailure.firstLine(reason) + " Check the database, then try again.",
                reason);
    }

    /**
     * How a ledger uses its database.
     *
     * @param readConnections how many connections reads may use, 1 to 16; each session's writer has one more
     * @param readTimeout how long a read waits for a connection, 250 ms or more; one that looks for something by its key fails when the
     *     server then says nothing for five seconds more, any other after five minutes
     * @param queueCapacity how many operations may wait for one session's writer, 1 or more
     * @param lockTimeout how long a statement waits for one lock before the operation is tried anew, 1 ms or more; never
     *     longer than anybody waits for the operation
     * @param closeTimeout how long closing a session goes on trying to write what is left
     * @param allowsOwner whether a superuser or the schema's owner may keep the ledger; for development only
     * @param log how to keep the evidence log, or null to leave that to others: to {@link LogKeeper} in another process, or to
     *     {@code spendguard log checkpoint}
     */
    public record Options(
            int readConnections,
            Duration readTimeout,
            int queueCapacity,
            Duration lockTimeout,
            Duration closeTimeout,
            boolean allowsOwner,
            @Nullable LogKeeping log) {
        private static final Options DEFAULTS = new Options(
                2, Duration.ofSeconds(5), 1_024, Duration.ofMillis(250), Duration.ofSeconds(5), false, null);

        /** Refuses values out of bounds with {@link IllegalArgumentException}, naming all of them. */
        public Options {
            List<String> faults = Stream.of(
                            readConnections < 1 || readConnections > 16
                                    ? "readConnections " + readConnections + " is not within 1 and 16"
                                    : "",
                            readTimeout.toMillis() < 250
                                    ? "readTimeout " + readTimeout + " is shorter than 250 ms"
                                    : "",
                            queueCapacity < 1 ? "queueCapacity " + queueCapacity + " is less than 1" : "",
                            lockTimeout.toMillis() < 1 ? "lockTimeout " + lockTimeout + " is shorter than 1 ms" : "",
                            closeTimeout.isNegative() ? "closeTimeout " + closeTimeout + " is negative" : "")
                    .filter(fault -> !fault.isEmpty())
                    .toList();
            if (!faults.isEmpty()) {
                throw new IllegalArgumentException("Ledger options: " + String.join("; ", faults) + ".");
            }
        }

        /** Two read connections, 5 s for one, a queue of 1,024, 250 ms for a lock, 5 s for closing, owners refused. */
        public static Options defaults() {
            return DEFAULTS;
        }

        /** These options with another number of read connections. */
        public Options readConnections(int number) {
            return new Options(number, readTimeout, queueCapacity, lockTimeout, closeTimeout, allowsOwner, log);
        }

        /** These options with another wait for a read connection. */
        public Options readTimeout(Duration timeout) {
            return new Options(readConnections, timeout, queueCapacity, lockTimeout, closeTimeout, allowsOwner, log);
        }

        /** These options with another queue. */
        public Options queueCapacity(int operations) {
            return new Options(readConnections, readTimeout, operations, lockTimeout, closeTimeout, allowsOwner, log);
        }

        /** These options with another wait for locks. */
        public Options lockTimeout(Duration timeout) {
            return new Options(readConnections, readTimeout, queueCapacity, timeout, closeTimeout, allowsOwner, log);
        }

        /** These options with another time for closing. */
        public Options closeTimeout(Duration timeout) {
            return new Options(readConnections, readTimeout, queueCapacity, lockTimeout, timeout, allowsOwner, log);
        }

        /** These options, accepting a superuser or the schema's owner, whom no rule binds: for development only. */
        public Options allowOwner() {
            return new Options(readConnections, readTimeout, queueCapacity, lockTimeout, closeTimeout, true, log);
        }

        /**
         * These options, keeping the evidence log: the ledger's role needs {@code spendguard_log} besides {@code
         * spendguard_app}. Several processes may be told to; one does at a time.
         */
        public Options log(LogKeeping keeping) {
            return new Options(
                    readConnections, readTimeout, queueCapacity, lockTimeout, closeTimeout, allowsOwner, keeping);
        }
    }
}
