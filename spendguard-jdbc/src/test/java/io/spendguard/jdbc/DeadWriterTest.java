package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.LimitDue;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.IdSource;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import io.spendguard.test.LedgerOperations;
import io.spendguard.test.TestHost;
import io.spendguard.verify.StreamReport;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** Streams of writers that died, or only seemed to. Time passes here by setting back when a writer was heard of. */
class DeadWriterTest {
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: one}
            spec:
              budgets:
                - {id: all, limit: 10.00 USD, window: {type: total}, reservation: {ttl: PT1H}}
            """, "one.yaml");

    private final Database database = TestLedgers.newDatabase();
    private final Ed25519Signer theirs = Ed25519Signer.generate();
    private final Ed25519Signer ours = Ed25519Signer.generate();
    private final Line line = new Line(TestLedgers.application(database));

    @TempDir
    private Path directory;

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void sweep_afterAWriterDied_closesItsStreamsForIt() throws SQLException {
        Guard dead = guard(line.source(), theirs);
        decide(dead, "acme");
        decide(dead, "globex");
        line.cut();
        everybodyWasSilent();
        try (Guard guard = guard(TestLedgers.application(database), ours)) {
            assertThat(guard.sweep().closedStreams())
                    .as("who has just come does not know who is away")
                    .isZero();
            heardWithoutABreak();

            assertThat(guard.sweep().closedStreams()).isEqualTo(2);

            assertThat(guard.sweep().closedStreams()).isZero();
            assertThat(decide(guard, "acme")).isInstanceOf(Decision.Continue.class);
        } finally {
            dead.close();
        }

        assertThat(states())
                .containsExactlyInAnyOrder("CLOSED_BY_FENCE", "CLOSED_BY_FENCE", "CLOSED", "CLOSED", "CLOSED");
        assertThat(count("select count(*) from spendguard.stream_writer where not is_closed and writer is not null"))
                .as("the sweeper's own stream")
                .isEqualTo(1);
    }

    @Test
    void sweep_withAStreamThatCannotBeClosed_closesTheOthers() throws SQLException {
        Guard dead = guard(line.source(), theirs);
        decide(dead, "bad");
        decide(dead, "good");
        line.cut();
        everybodyWasSilent();
        try (Guard guard = guard(TestLedgers.application(database), ours)) {
            heardWithoutABreak();
            admin("""
                    create function spendguard.spoil() returns trigger language plpgsql as 'begin raise exception ''no''; end';
                    create trigger spoil before insert on spendguard.outbox for each row when (new.tenant = 'bad')
                        execute function spendguard.spoil()
                    """);

            assertThat(guard.sweep().closedStreams()).isEqualTo(1);

            admin("drop trigger spoil on spendguard.outbox");
            assertThat(guard.sweep().closedStreams()).isEqualTo(1);
        } finally {
            dead.close();
        }
    }

    @Test
    void close_asManyBadStreamsAsItTakesUp_goesOnBehindThemTheNextTime() throws SQLException {
        Guard dead = guard(line.source(), theirs);
        List.of("bad-1", "bad-2", "good").forEach(tenant -> decide(dead, tenant));
        line.cut();
        everybodyWasSilent();
        LedgerHost host = new OneKey(TestHost.of(IdSource.system()));
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database));
                LedgerSession session = ledger.connect(host)) {
            heardWithoutABreak();
            admin("""
                    create function spendguard.spoil() returns trigger language plpgsql as 'begin raise exception ''no''; end';
                    create trigger spoil before insert on spendguard.outbox for each row when (new.tenant like 'bad%')
                        execute function spendguard.spoil()
                    """);
            DeadStreams streams = new DeadStreams(
                    TestLedgers.application(database), PostgresLedger.Options.defaults(), host, alive(), 1, 2);

            assertThat(streams.close(Duration.ofMinutes(5))).isZero();
            assertThat(streams.close(Duration.ofMinutes(5))).isEqualTo(1);
            assertThat(count("select count(*) from spendguard.stream_writer where tenant = 'good' and is_closed"))
                    .isEqualTo(1);
            assertThat(session).isNotNull();
        } finally {
            dead.close();
        }
    }

    /** The writer that was heard of last. */
    private UUID alive() throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement();
                var rows =
                        statement.executeQuery("select writer from spendguard.writer order by heard_at desc limit 1")) {
            rows.next();
            return rows.getObject(1, UUID.class);
        }
    }

    @Test
    void decide_ofAWriterThatWasOnlySlow_goesOnInANewStream() throws SQLException {
        try (Guard slow = guard(line.source(), theirs);
                Guard guard = guard(TestLedgers.application(database), ours)) {
            decide(slow, "acme");
            onlyTheFirstWasSilent();

            assertThat(guard.sweep().closedStreams()).isEqualTo(1);

            assertThat(decide(slow, "acme")).isInstanceOf(Decision.Continue.class);
            assertThat(decide(slow, "acme")).isInstanceOf(Decision.Continue.class);
        }

        assertThat(states()).containsExactlyInAnyOrder("CLOSED_BY_FENCE", "CLOSED", "CLOSED");
        assertThat(held()).isEqualTo("0.30 USD");
    }

    /** Its last batch is on its way when its stream is closed for it; its own fence finds that, and takes it for neither. */
    @Test
    void decide_answerLostWhileTheStreamIsClosed_isWrittenOnceElsewhere() throws Exception {
        try (WireProxy proxy = new WireProxy(
                URI.create(database.jdbcUrl().substring("jdbc:".length())).getPort())) {
            Line slowLine = new Line(through(proxy));
            try (Guard slow = guard(slowLine.source(), theirs);
                    Guard guard = guard(TestLedgers.application(database), ours)) {
                decide(slow, "acme");
                slowLine.beforeNextConnection(() -> {
                    onlyTheFirstWasSilent();
                    assertThat(guard.sweep().closedStreams()).isEqualTo(1);
                });
                proxy.holdBackNext("spendguard.post");

                assertThat(decide(slow, "acme")).isInstanceOf(Decision.Continue.class);
                proxy.deliver();

                assertThat(decide(slow, "acme")).isInstanceOf(Decision.Continue.class);
            }
        }

        assertThat(states()).containsExactlyInAnyOrder("CLOSED_BY_FENCE", "CLOSED", "CLOSED");
        assertThat(held()).isEqualTo("0.30 USD");
    }

    /** What shares a batch with an event whose position was taken is in a stream that is given up, though nobody took that. */
    @Test
    void streamsGivenUp_ofAWriterThatLives_areClosedForIt() throws Exception {
        try (Guard slow = guard(line.source(), theirs);
                Guard guard = guard(TestLedgers.application(database), ours)) {
            decide(slow, "acme");
            decide(slow, "globex");
            decide(slow, "busy");
            admin("update spendguard.stream_writer set is_closed = true where tenant <> 'acme'");
            onlyTheFirstWasSilent();
            assertThat(guard.sweep().closedStreams()).isEqualTo(1);
            admin("update spendguard.stream_writer set is_closed = false where tenant <> 'acme'");
            admin("update spendguard.writer set heard_at = clock_timestamp()");

            togetherInABatch(slow, "acme", "globex");

            await("select count(*) = 1 from spendguard.stream_writer where writer is null and tenant = 'globex'");
            admin("""
                    alter table spendguard.stream disable trigger stream_grows_only;
                    update spendguard.stream set opened_at = opened_at - interval '10 minutes' where tenant = 'globex';
                    alter table spendguard.stream enable trigger stream_grows_only
                    """);
            assertThat(guard.sweep().closedStreams()).isEqualTo(1);
        }

        assertThat(states())
                .containsExactlyInAnyOrder(
                        "CLOSED_BY_FENCE", "CLOSED_BY_FENCE", "CLOSED", "CLOSED", "CLOSED", "CLOSED", "CLOSED");
    }

    @Test
    void writer_withNothingToDo_saysThatItIsAlive() throws Exception {
        OperationQueue queue = new OperationQueue(1);
        Writer writer = new Writer(
                TestLedgers.application(database),
                PostgresLedger.Options.defaults(),
                TestHost.of(IdSource.system()),
                queue,
                Duration.ofMillis(1));
        writer.connect();
        Thread thread = new Thread(writer, "writer under test");
        thread.start();
        try {
            await(
                    "select count(*) = 1 from spendguard.writer where heard_at > heard_since + interval '20 milliseconds'");
        } finally {
            queue.close(Duration.ofSeconds(5));
            thread.join();
        }
    }

    /** A data source that asks others first, for a password, throws what they throw. */
    @Test
    void writer_whoseDataSourceThrows_livesOnAndGoesOnOnceItGivesConnections() throws Exception {
        DataSource server = TestLedgers.application(database);
        AtomicBoolean isAway = new AtomicBoolean();
        CountDownLatch twice = new CountDownLatch(2);
        DataSource source = (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (isAway.get()) {
                        twice.countDown();
                        throw new IllegalStateException("Token service is away.");
                    }
                    return method.invoke(server, arguments);
                });
        IdSource ids = IdSource.system();
        OperationQueue queue = new OperationQueue(8);
        Writer writer =
                new Writer(source, PostgresLedger.Options.defaults(), TestHost.of(ids), queue, Duration.ofMillis(1));
        writer.connect();
        Thread thread = new Thread(writer, "writer under test");
        thread.start();
        try {
            isAway.set(true);
            writer.disconnect();
            assertThat(twice.await(60, TimeUnit.SECONDS)).isTrue();
            CompletableFuture<PostResult> answer = new CompletableFuture<>();
            queue.offer(new OperationQueue.Waiting(
                    new LedgerOperations("acme", ids, Clock.systemUTC())
                            .activate("a")
                            .limit("team", "10 calls"),
                    System.nanoTime() + TimeUnit.SECONDS.toNanos(60),
                    answer));
            isAway.set(false);

            assertThat(answer.get(60, TimeUnit.SECONDS)).isInstanceOf(PostResult.Written.class);
        } finally {
            queue.close(Duration.ofSeconds(5));
            thread.join();
        }
    }

    /** While the third tenant's account is locked the writer waits for it, and both others queue. */
    private void togetherInABatch(Guard slow, String one, String two) throws Exception {
        List<CompletableFuture<Decision>> answers = new ArrayList<>();
        try (Connection foreign = database.adminDataSource().getConnection();
                Statement lock = foreign.createStatement()) {
            foreign.setAutoCommit(false);
            lock.execute("select from spendguard.account where tenant = 'busy' for update");
            answers.add(slow.decideAsync(action("busy")));
            await("select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and usename = '"
                    + TestLedgers.APPLICATION + "'");
            answers.add(slow.decideAsync(action(one)));
            answers.add(slow.decideAsync(action(two)));
            foreign.rollback();
        }
        for (CompletableFuture<Decision> answer : answers) {
            assertThat(answer.get(60, TimeUnit.SECONDS)).isInstanceOf(Decision.Continue.class);
        }
    }

    private static Guard guard(DataSource source, Ed25519Signer key) {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(
                        source,
                        PostgresLedger.Options.defaults()
                                .closeTimeout(Duration.ofMillis(500))
                                .lockTimeout(Duration.ofSeconds(10))))
                .signer(key)
                .sweepEvery(Duration.ZERO)
                .patience(Duration.ofSeconds(60))
                .build();
    }

    private static Decision decide(Guard guard, String tenant) {
        return guard.decide(action(tenant));
    }

    private static Action action(String tenant) {
        return Action.toolCall("search")
                .tenant(tenant)
                .cost(Money.parse("0.10 USD"))
                .build();
    }

    private void everybodyWasSilent() throws SQLException {
        admin("update spendguard.writer set heard_at = heard_at - interval '10 minutes'");
    }

    private void heardWithoutABreak() throws SQLException {
        admin("update spendguard.writer set heard_since = heard_since - interval '10 minutes'");
    }

    private void onlyTheFirstWasSilent() throws SQLException {
        heardWithoutABreak();
        admin("""
                update spendguard.writer set heard_at = heard_at - interval '10 minutes'
                 where writer = (select writer from spendguard.stream_writer order by stream limit 1)
                """);
    }

    private void admin(String sql) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private long count(String sql) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /** Asks until the answer is yes, for a minute at most. */
    private void await(String question) throws SQLException {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (count("select case when (" + question + ") then 1 else 0 end") == 0) {
            assertThat(System.nanoTime()).as(question).isLessThan(end);
        }
    }

    private String held() {
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            long nanos = ledger.accounts("acme", io.spendguard.ledger.Namespace.ENFORCE)
                    .get(0)
                    .held();
            return Money.ofNanos(nanos, "USD").toString();
        }
    }

    /** Of all streams, after everything was verified. */
    private List<String> states() {
        assertThat(LedgerCheck.run(TestLedgers.application(database), null).findings())
                .isEmpty();
        Path file = directory.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            EvidenceExport.from(ledger).write(ours, Clock.systemUTC(), file);
        }
        VerificationReport report = Verifier.verify(file, Anchors.of(theirs.verificationKey(), ours.verificationKey()));
        assertThat(report.findings()).isEmpty();
        return report.streams().stream()
                .map(StreamReport::state)
                .map(StreamReport.State::name)
                .toList();
    }

    private DataSource through(WireProxy proxy) {
        TestLedgers.application(database);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://127.0.0.1:" + proxy.port() + "/" + database.name());
        source.setUser(TestLedgers.APPLICATION);
        source.setPassword(EmbeddedPostgres.PASSWORD);
        return source;
    }

    /** A way to the database that can be cut for good. */
    private static final class Line {
        private final DataSource target;
        private final List<Connection> connections = new ArrayList<>();
        private boolean isCut;
        private Step next = () -> {};

        private Line(DataSource target) {
            this.target = target;
        }

        synchronized void cut() throws SQLException {
            isCut = true;
            for (Connection connection : connections) {
                connection.abort(Runnable::run);
            }
        }

        synchronized void beforeNextConnection(Step step) {
            next = step;
        }

        private synchronized Connection connect() throws SQLException {
            if (isCut) {
                throw new SQLNonTransientConnectionException("cut", "08001");
            }
            Step now = next;
            next = () -> {};
            now.take();
            Connection connection = target.getConnection();
            connections.add(connection);
            return connection;
        }

        DataSource source() {
            return (DataSource) Proxy.newProxyInstance(
                    DeadWriterTest.class.getClassLoader(),
                    new Class<?>[] {DataSource.class},
                    (proxy, method, arguments) -> {
                        try {
                            return method.getName().equals("getConnection")
                                    ? connect()
                                    : method.invoke(target, arguments);
                        } catch (InvocationTargetException failed) {
                            throw failed.getCause();
                        }
                    });
        }
    }

    /** Signs with the key that was stored when the session began. */
    private static final class OneKey implements LedgerHost {
        private final TestHost host;
        private final EventSealer sealer;

        private OneKey(TestHost host) {
            this.host = host;
            this.sealer = host.newSealer();
        }

        @Override
        public EventSealer newSealer() {
            return sealer;
        }

        @Override
        public void tailsLost(int streams) {
            host.tailsLost(streams);
        }

        @Override
        public Posting opening(Account account, long limit, Instant now) {
            return host.opening(account, limit, now);
        }

        @Override
        public Posting carrying(List<LimitDue> due, Instant now) {
            return host.carrying(due, now);
        }
    }

    private interface Step {
        void take() throws SQLException;
    }
}
