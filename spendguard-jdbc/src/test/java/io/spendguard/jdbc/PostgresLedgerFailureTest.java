package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import io.spendguard.test.HoldOperation;
import io.spendguard.test.LedgerInvariants;
import io.spendguard.test.LedgerOperations;
import io.spendguard.test.TestHost;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lost answers, cut connections, a stopped server, foreign locks: what a caller is told, and what is stored. */
class PostgresLedgerFailureTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Database database = TestLedgers.newDatabase();
    private final IdSource ids = IdSource.system();
    private final LedgerOperations operations = new LedgerOperations("acme", ids, Clock.tickMillis(ZoneOffset.UTC));
    private final Account team = operations.account("team");

    @AfterEach
    void dropDatabase() {
        database.close();
    }

    /** A network that swallows answers looks like a server that takes its time: somebody has to end it. */
    @Test
    void read_answersAreSwallowed_failsInsteadOfWaitingForEver() throws Exception {
        try (FlakyProxy proxy = new FlakyProxy(port(database))) {
            PostgresLedger ledger = openThrough(proxy.port(), PostgresLedger.Options.defaults());
            assertThat(ledger.find("acme", List.of(team.id()))).isEmpty();

            proxy.delay(Duration.ofHours(1).toMillis());

            assertThatThrownBy(() -> ledger.find("acme", List.of(team.id())))
                    .isInstanceOf(LedgerUnavailableException.class)
                    .hasMessageStartingWith("Ledger cannot be read: ");
            proxy.drop();
            ledger.close();
        }
    }

    @Test
    void close_onAnInterruptedThread_saysSo() throws Exception {
        PostgresLedger ledger = PostgresLedger.open(
                TestLedgers.application(database),
                PostgresLedger.Options.defaults().lockTimeout(Duration.ofSeconds(30)));
        LedgerSession session = ledger.connect(TestHost.of(ids));
        activate(session, 1_000);
        await(session.submit(hold("opens", 1), PATIENCE));
        try (Connection foreign = database.adminDataSource().getConnection();
                Statement lock = foreign.createStatement()) {
            foreign.setAutoCommit(false);
            lock.execute("select from spendguard.account for update");
            CompletableFuture<PostResult> waiting = session.submit(hold("waits", 1), PATIENCE);
            untilSomebodyWaitsForALock();

            Thread.currentThread().interrupt();
            assertThatThrownBy(session::close)
                    .isInstanceOf(LedgerUnavailableException.class)
                    .hasMessageStartingWith("Ledger session was closed on a thread that was interrupted");

            assertThat(Thread.interrupted()).isTrue();
            foreign.rollback();
            assertThat(waiting.handle((result, failure) -> true).get(60, TimeUnit.SECONDS))
                    .isTrue();
        }
        ledger.close();
    }

    @Test
    void decide_nothingStandsAgainstIt_isOneRoundTrip() throws Exception {
        try (WireProxy proxy = new WireProxy(port(database));
                PostgresLedger ledger = openThrough(proxy);
                LedgerSession session = ledger.connect(TestHost.of(ids))) {
            activate(session, 1_000);
            await(session.submit(hold("opens", 1), PATIENCE));
            proxy.startCounting();

            for (int i = 0; i < 20; i++) {
                await(session.submit(hold("h" + i, 1).inRun("r"), PATIENCE));
            }

            assertThat(proxy.roundTrips()).isEqualTo(20);
        }
    }

    @Test
    void settle_ofAHold_isOneRoundTripWhenAssumed() throws Exception {
        try (WireProxy proxy = new WireProxy(port(database));
                PostgresLedger ledger = openThrough(proxy);
                LedgerSession session = ledger.connect(TestHost.of(ids))) {
            activate(session, 1_000);
            HoldOperation hold = hold("h", 10);
            await(session.submit(hold, PATIENCE));
            LedgerOperation commit = operations.commit("c", hold, 7);
            boolean assumes = commit.assumed().isPresent();
            proxy.startCounting();

            await(session.submit(commit, PATIENCE));

            assertThat(assumes).isTrue();
            assertThat(proxy.roundTrips()).isEqualTo(1);
        }
    }

    /** The assumed posting's call, and the commit of the ordered path. */
    @ParameterizedTest
    @ValueSource(strings = {"spendguard.post", "COMMIT"})
    void submit_answerLost_isWrittenOnceAndTheCallerToldSo(String request) throws Exception {
        try (WireProxy proxy = new WireProxy(port(database));
                PostgresLedger ledger = openThrough(proxy);
                LedgerSession session = ledger.connect(TestHost.of(ids))) {
            try (LedgerSession other = ledger.connect(TestHost.of(ids))) {
                activate(other, 1_000);
                await(other.submit(hold("opens", 1), PATIENCE));
            }
            HoldOperation hold = hold("lost", 10);
            proxy.loseNextAnswerTo(request);

            PostResult result = await(session.submit(request.equals("COMMIT") ? hold.unassumed() : hold, PATIENCE));

            assertThat(result).isInstanceOf(PostResult.Written.class);
            assertThat(state(ledger).held()).isEqualTo(11);
            assertThat(hold.plans()).isEqualTo(request.equals("COMMIT") ? 1 : 0);
            assertThat(eventsOf(ledger, ((PostResult.Written) result).event())).isEqualTo(1);
            assertThat(await(session.submit(hold("next", 1), PATIENCE))).isInstanceOf(PostResult.Written.class);
        }
        assertConsistent(true);
    }

    /** The request arrives when nobody expects it any more: the fence at its position keeps it out. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void submit_requestDelayedBeyondTheFence_isWrittenOnceByItsSuccessor(boolean isFirstOfItsStream) throws Exception {
        try (WireProxy proxy = new WireProxy(port(database));
                PostgresLedger ledger = openThrough(proxy);
                LedgerSession session = ledger.connect(TestHost.of(ids))) {
            try (LedgerSession other = ledger.connect(TestHost.of(ids))) {
                activate(isFirstOfItsStream ? other : session, 1_000);
                await(other.submit(hold("opens", 1), PATIENCE));
            }
            proxy.holdBackNext("spendguard.post");

            PostResult result = await(session.submit(hold("delayed", 10), PATIENCE));
            proxy.deliver();
            PostResult next = await(session.submit(hold("next", 1), PATIENCE));

            assertThat(result).isInstanceOf(PostResult.Written.class);
            assertThat(next).isInstanceOf(PostResult.Written.class);
            assertThat(state(ledger).held()).isEqualTo(12);
            List<String> types = new ArrayList<>();
            ledger.events("acme", event -> {
                if (event.stream().equals(((PostResult.Written) result).event().stream())) {
                    types.add(event.draft().type());
                }
            });
            assertThat(types)
                    .containsExactlyElementsOf(
                            isFirstOfItsStream
                                    ? List.of("test.stream.opened", "test.operation", "test.operation")
                                    : List.of(
                                            "test.stream.opened",
                                            "test.operation",
                                            "test.stream.fenced",
                                            "test.operation",
                                            "test.operation"));
        }
        assertConsistent(true);
    }

    /** The server holds the transaction open for a client that is gone, until it ends it by itself. */
    @Test
    void submit_commitNeverArrives_waitsForTheServerToEndItAndWritesOnce() throws Exception {
        try (WireProxy proxy = new WireProxy(port(database));
                PostgresLedger ledger = openThrough(proxy);
                LedgerSession session = ledger.connect(TestHost.of(ids))) {
            try (LedgerSession other = ledger.connect(TestHost.of(ids))) {
                activate(other, 1_000);
                await(other.submit(hold("opens", 1), PATIENCE));
            }
            proxy.holdBackNext("COMMIT\0"); // a session's first: later ones go by a statement's name

            PostResult result = await(session.submit(hold("cut", 10).unassumed(), PATIENCE));

            assertThat(result).isInstanceOf(PostResult.Written.class);
            assertThat(state(ledger).held()).isEqualTo(11);
            List<String> types = new ArrayList<>();
            ledger.events("acme", event -> types.add(event.draft().type()));
            // The batch would have opened its stream; the event that opens it again is the fence.
            assertThat(types).filteredOn("test.stream.opened"::equals).hasSize(2);
            assertThat(types).filteredOn("test.operation"::equals).hasSize(3);
        }
        assertConsistent(true);
    }

    @Test
    void submit_connectionsKilledAgainAndAgain_storesEachAcknowledgedOperationOnce() throws Exception {
        int threads = 8;
        int perThread = 60;
        AtomicInteger acknowledged = new AtomicInteger();
        try (PostgresLedger ledger = open();
                LedgerSession session = ledger.connect(TestHost.of(ids))) {
            activate(session, 100_000);
            ExecutorService callers = Executors.newFixedThreadPool(threads);
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                String caller = "t" + t + "-";
                running.add(callers.submit(() -> {
                    for (int i = 0; i < perThread; i++) {
                        HoldOperation hold = hold(caller + i, 1);
                        PostResult result = await(session.submit(i % 3 == 0 ? hold.unassumed() : hold, PATIENCE));
                        assertThat(result).isInstanceOf(PostResult.Written.class);
                        if (acknowledged.incrementAndGet() % 12 == 0) {
                            killConnections();
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> caller : running) {
                caller.get(300, TimeUnit.SECONDS);
            }
            callers.shutdown();

            assertThat(state(ledger).held()).isEqualTo((long) threads * perThread);
        }
        assertConsistent(true);
    }

    @Test
    void decide_threadsOnTwoLedgersOverALimitedBudget_neverOverspend() throws Exception {
        try (PostgresLedger one = open();
                PostgresLedger two = open();
                LedgerSession first = one.connect(TestHost.of(ids));
                LedgerSession second = two.connect(TestHost.of(ids))) {
            activate(first, 100);
            ExecutorService callers = Executors.newFixedThreadPool(32);
            AtomicInteger held = new AtomicInteger();
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < 32; t++) {
                String caller = "t" + t + "-";
                LedgerSession session = t % 2 == 0 ? first : second;
                running.add(callers.submit(() -> {
                    for (int i = 0; i < 10; i++) {
                        PostResult result = await(session.submit(hold(caller + i, 1), PATIENCE));
                        if (new String(result.answer(), StandardCharsets.UTF_8).equals("held")) {
                            held.incrementAndGet();
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> caller : running) {
                caller.get(300, TimeUnit.SECONDS);
            }
            callers.shutdown();

            assertThat(held).hasValue(100);
            assertThat(state(one)).isEqualTo(new AccountState(team, 100, 0, 100, 0));
        }
        assertConsistent(true);
    }

    @Test
    void submit_accountLockedByAnother_failsInTimeAndWritesNothing() throws Exception {
        try (PostgresLedger ledger = open();
                LedgerSession session = ledger.connect(TestHost.of(ids));
                Connection foreign = database.adminDataSource().getConnection();
                Statement lock = foreign.createStatement()) {
            activate(session, 1_000);
            await(session.submit(hold("opens", 1), PATIENCE));
            foreign.setAutoCommit(false);
            lock.execute("select from spendguard.account for update");

            CompletableFuture<PostResult> late = session.submit(hold("late", 10), Duration.ofMillis(600));

            assertThatThrownBy(() -> await(late))
                    .isInstanceOf(LedgerUnavailableException.class)
                    .hasMessage(
                            "Operation DECIDE 'late' was not executed: other transactions held the rows it needs for as"
                                    + " long as anybody waited. Try again; look for transactions left open on the ledger's"
                                    + " tables.");
            foreign.rollback();
            assertThat(ledger.answer("acme", OperationKind.DECIDE, "late")).isEmpty();
            assertThat(await(session.submit(hold("late", 10), PATIENCE))).isInstanceOf(PostResult.Written.class);
            assertThat(state(ledger).held()).isEqualTo(11);
        }
        assertConsistent(true);
    }

    @Test
    void submit_serverStoppedBetweenDecideAndSettle_isUnavailableAndSettlesOnceAfterwards() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            Database own = TestLedgers.newDatabase(server);
            try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(own));
                    LedgerSession session = ledger.connect(TestHost.of(ids))) {
                activate(session, 1_000);
                HoldOperation hold = hold("h", 100);
                await(session.submit(hold, PATIENCE));
                server.stopImmediately();

                // Sent into the void: nobody can tell yet. What waits behind it is known not to be executed.
                CompletableFuture<PostResult> unknown =
                        session.submit(operations.commit("c", hold, 70), Duration.ofMillis(500));
                CompletableFuture<PostResult> behind =
                        session.submit(operations.commit("c", hold, 70), Duration.ofMillis(500));
                assertThatThrownBy(() -> await(behind))
                        .isInstanceOf(LedgerUnavailableException.class)
                        .hasMessage("Operation SETTLE 'c' was not executed: nobody waits for it any more. Try again.");
                assertThat(unknown).isNotDone();
                assertThatThrownBy(() -> ledger.find("acme", List.of(team.id())))
                        .isInstanceOf(LedgerUnavailableException.class)
                        .hasMessageStartingWith("Ledger cannot be read: ");

                server.startAgain();

                assertThatThrownBy(() -> await(unknown))
                        .isInstanceOf(LedgerUnavailableException.class)
                        .hasMessage("Operation SETTLE 'c' was not executed: nobody waits for it any more. Try again.");
                assertThat(await(session.submit(operations.commit("c", hold, 70), PATIENCE)))
                        .isInstanceOf(PostResult.Written.class);
                assertThat(await(session.submit(operations.commit("c", hold, 70), PATIENCE)))
                        .isInstanceOf(PostResult.Replayed.class);
                assertThat(state(ledger)).isEqualTo(new AccountState(team, 1_000, 70, 0, 0));
            }
            try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(own))) {
                LedgerInvariants.check(ledger, true);
            }
        }
    }

    @Test
    void close_serverGone_returnsAndLeavesTheStreamOpen() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            Database own = TestLedgers.newDatabase(server);
            PostgresLedger ledger = PostgresLedger.open(
                    TestLedgers.application(own),
                    PostgresLedger.Options.defaults().closeTimeout(Duration.ofMillis(300)));
            LedgerSession session = ledger.connect(TestHost.of(ids));
            activate(session, 1_000);
            server.stopImmediately();
            CompletableFuture<PostResult> queued = session.submit(hold("h", 1), PATIENCE);

            session.close();
            ledger.close();

            assertThat(queued).isCompletedExceptionally();
            server.startAgain();
            try (PostgresLedger again = PostgresLedger.open(TestLedgers.application(own))) {
                LedgerInvariants.check(again, false);
                List<String> types = new ArrayList<>();
                again.events("acme", event -> types.add(event.draft().type()));
                assertThat(types).hasSize(2);
            }
        }
    }

    private PostgresLedger open() {
        return PostgresLedger.open(TestLedgers.application(database));
    }

    private PostgresLedger openThrough(WireProxy proxy) {
        return openThrough(proxy.port(), PostgresLedger.Options.defaults());
    }

    private PostgresLedger openThrough(int port, PostgresLedger.Options options) {
        TestLedgers.application(database);
        return PostgresLedger.open(
                "jdbc:postgresql://127.0.0.1:" + port + "/" + database.name(),
                TestLedgers.APPLICATION,
                EmbeddedPostgres.PASSWORD,
                options);
    }

    /** The test's own time limit ends it. */
    private void untilSomebodyWaitsForALock() throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            boolean waits = false;
            while (!waits) {
                try (var rows = statement.executeQuery("select count(*) > 0 from pg_stat_activity"
                        + " where wait_event_type = 'Lock' and datname = current_database()")) {
                    rows.next();
                    waits = rows.getBoolean(1);
                }
            }
        }
    }

    private void activate(LedgerSession session, long calls) throws Exception {
        await(session.submit(operations.activate("activate").limit("team", calls + " calls"), PATIENCE));
    }

    private HoldOperation hold(String key, long calls) {
        return operations.hold(key).claim(team, calls);
    }

    private AccountState state(Ledger ledger) {
        return ledger.find("acme", List.of(team.id())).get(0);
    }

    private static int eventsOf(Ledger ledger, SealedEvent wanted) {
        AtomicInteger found = new AtomicInteger();
        ledger.events("acme", event -> {
            if (event.draft().id().equals(wanted.draft().id())) {
                found.incrementAndGet();
            }
        });
        return found.get();
    }

    private void assertConsistent(boolean closed) {
        try (PostgresLedger ledger = open()) {
            LedgerInvariants.check(ledger, closed);
        }
    }

    private void killConnections() throws SQLException {
        try (Connection admin = database.adminDataSource().getConnection();
                Statement statement = admin.createStatement()) {
            statement.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                            + " and usename = '" + TestLedgers.APPLICATION + "'");
        }
    }

    private static int port(Database database) {
        return URI.create(database.jdbcUrl().substring("jdbc:".length())).getPort();
    }

    private static PostResult await(CompletableFuture<PostResult> future) throws Exception {
        try {
            return future.get(120, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }
}
