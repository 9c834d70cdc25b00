package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.IdSource;
import io.spendguard.test.ActivateOperation;
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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What comes while the writer is busy is its next batch: one round trip, one signature, and nobody fails for another. */
class GroupCommitTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Longer than any test waits for a lock on purpose. */
    private static final Duration LONG = Duration.ofSeconds(30);

    private final Database database = TestLedgers.newDatabase();
    private final IdSource ids = IdSource.system();
    private final LedgerOperations operations = new LedgerOperations("acme", ids, Clock.tickMillis(ZoneOffset.UTC));
    private final Account team = operations.account("team");
    private final Account gate = operations.account("gate");
    private final WireProxy proxy = new WireProxy(
            URI.create(database.jdbcUrl().substring("jdbc:".length())).getPort());
    private PostgresLedger ledger;
    private LedgerSession session;
    private Connection foreign;

    @BeforeEach
    void open() throws Exception {
        open(LONG);
        foreign = database.adminDataSource().getConnection();
        foreign.setAutoCommit(false);
    }

    private void open(Duration lockTimeout) throws Exception {
        TestLedgers.application(database);
        ledger = PostgresLedger.open(
                "jdbc:postgresql://127.0.0.1:" + proxy.port() + "/" + database.name(),
                TestLedgers.APPLICATION,
                EmbeddedPostgres.PASSWORD,
                PostgresLedger.Options.defaults().lockTimeout(lockTimeout));
        session = ledger.connect(TestHost.of(ids));
        await(submit(operations
                .activate("activate-" + lockTimeout)
                .limit("team", "100 calls")
                .limit("gate", "1000 calls")));
        await(submit(hold("opens-" + lockTimeout, 1).claim(gate, 1)));
    }

    @AfterEach
    void contentIsConsistent() throws Exception {
        foreign.close();
        ledger.close();
        try (PostgresLedger again = PostgresLedger.open(TestLedgers.application(database))) {
            LedgerInvariants.check(again, true);
        }
        proxy.close();
        database.close();
    }

    @Test
    void submit_whileTheWriterIsBusy_isOneRoundTripAndOneSignature() throws Exception {
        keepWriterBusy();
        proxy.startCounting();
        List<CompletableFuture<PostResult>> batch = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            batch.add(submit(hold("h" + i, 1).inRun("r")));
        }

        foreign.rollback();

        for (CompletableFuture<PostResult> one : batch) {
            PostResult.Written written = (PostResult.Written) await(one);
            assertThat(written.event().batchSize()).isEqualTo(50);
            assertThat(written.event().path()).isNotEmpty();
        }
        assertThat(proxy.roundTrips()).isEqualTo(1);
        assertThat(state(team)).isEqualTo(new AccountState(team, 100, 0, 51, 0));
        assertThat(ledger.run("acme", Namespace.ENFORCE, "r").steps()).isEqualTo(50);
    }

    @Test
    void submit_budgetRunsOutAmidABatch_decidesInOrderOfArrivalInOneTransaction() throws Exception {
        keepWriterBusy();
        proxy.startCounting();
        List<CompletableFuture<PostResult>> batch = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            batch.add(submit(hold("h" + i, 3)));
        }

        foreign.rollback();

        List<String> answers = new ArrayList<>();
        for (CompletableFuture<PostResult> one : batch) {
            PostResult.Written written = (PostResult.Written) await(one);
            assertThat(written.event().batchSize()).isEqualTo(50);
            answers.add(text(written));
        }
        assertThat(answers.subList(0, 33)).containsOnly("held");
        assertThat(answers.subList(33, 50)).containsOnly("refused: short of team");
        // Tried once as assumed; then begin and limits, keys, clock, accounts there, accounts locked, post, commit.
        assertThat(proxy.roundTrips()).isLessThanOrEqualTo(9);
        assertThat(state(team)).isEqualTo(new AccountState(team, 100, 0, 100, 0));
    }

    @Test
    void activateAndHold_onAHundredBudgets_takeAsManyRoundTripsAsOnOne() throws Exception {
        List<Account> budgets = new ArrayList<>();
        ActivateOperation many = operations.activate("many");
        ActivateOperation raised = operations.activate("raised");
        HoldOperation onAll = operations.hold("on-all");
        for (int i = 0; i < 100; i++) {
            budgets.add(operations.account("budget" + i));
            many.limit("budget" + i, "10 calls");
            raised.limit("budget" + i, "20 calls");
            onAll.claim(budgets.get(i), 1);
        }
        proxy.startCounting();
        await(submit(operations.activate("one").limit("single", "10 calls")));
        await(submit(operations.hold("on-one").claim(operations.account("single"), 1)));
        await(submit(operations.activate("one-raised").limit("single", "20 calls")));
        int roundTrips = proxy.roundTrips();
        proxy.startCounting();

        await(submit(many));
        await(submit(onAll));
        await(submit(raised));

        assertThat(proxy.roundTrips()).isEqualTo(roundTrips);
        for (Account budget : budgets) {
            assertThat(state(budget)).isEqualTo(new AccountState(budget, 20, 0, 1, 0));
        }
    }

    @Test
    void submit_oneKeyTwiceInABatch_writesOnceAndReplays() throws Exception {
        keepWriterBusy();
        HoldOperation hold = hold("same", 7);
        CompletableFuture<PostResult> first = submit(hold);
        CompletableFuture<PostResult> second = submit(hold);
        CompletableFuture<PostResult> other = submit(hold("same", 7).asking("something else"));

        foreign.rollback();

        assertThat(await(first)).isInstanceOf(PostResult.Written.class);
        assertThat(await(second)).isInstanceOf(PostResult.Replayed.class);
        assertThatThrownBy(() -> await(other)).hasMessageContaining("same");
        assertThat(state(team).held()).isEqualTo(8);
    }

    @Test
    void submit_plannerThatThrowsInABatch_failsAlone() throws Exception {
        keepWriterBusy();
        CompletableFuture<PostResult> before = submit(hold("before", 1));
        CompletableFuture<PostResult> bad = submit(hold("bad", 1).failing(new IllegalArgumentException("no plan")));
        CompletableFuture<PostResult> after = submit(hold("after", 1));

        foreign.rollback();

        assertThat(await(before)).isInstanceOf(PostResult.Written.class);
        assertThat(await(after)).isInstanceOf(PostResult.Written.class);
        assertThatThrownBy(() -> await(bad)).isInstanceOf(IllegalArgumentException.class);
        assertThat(ledger.answer("acme", OperationKind.DECIDE, "bad")).isEmpty();
        assertThat(state(team).held()).isEqualTo(3);
    }

    @Test
    void submit_operationTheDatabaseRefusesInABatch_isFoundAndFailsAlone() throws Exception {
        keepWriterBusy();
        List<CompletableFuture<PostResult>> good = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            good.add(submit(hold("good" + i, 1)));
        }
        CompletableFuture<PostResult> poisoned = submit(hold("poison\0ed", 1));
        for (int i = 9; i < 20; i++) {
            good.add(submit(hold("good" + i, 1)));
        }

        foreign.rollback();

        for (CompletableFuture<PostResult> one : good) {
            assertThat(await(one)).isInstanceOf(PostResult.Written.class);
        }
        assertThatThrownBy(() -> await(poisoned))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("Ledger refused operation DECIDE 'poison\0ed': ")
                .hasMessageEndingWith(" Nothing was written. Correct the operation.");
        assertThat(state(team).held()).isEqualTo(21);
    }

    @Test
    void submit_operationWhoseAccountNeverGetsItsLimit_isFoundAndFailsAlone() throws Exception {
        try (Connection admin = database.adminDataSource().getConnection();
                Statement statement = admin.createStatement()) {
            statement.execute("""
                    create function behind() returns trigger language plpgsql as $$
                    begin
                        raise exception using errcode = 'SG006', message = 'Account has not got its budget''s limit yet.';
                    end $$""");
            statement.execute("create trigger behind before insert on spendguard.ledger_tx"
                    + " for each row when (new.key = 'behind') execute function behind()");
        }
        keepWriterBusy();
        List<CompletableFuture<PostResult>> good = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            good.add(submit(hold("good" + i, 1)));
        }
        CompletableFuture<PostResult> behind = submit(hold("behind", 1));
        good.add(submit(hold("good9", 1)));

        foreign.rollback();

        for (CompletableFuture<PostResult> one : good) {
            assertThat(await(one)).isInstanceOf(PostResult.Written.class);
        }
        assertThatThrownBy(() -> await(behind))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("Ledger refused operation DECIDE 'behind': ")
                .hasMessageContaining("has not got its budget's limit yet. Nothing was written.");
    }

    @Test
    void submit_accountHeldByAnother_waitsAsideWhileTheOthersGoOn() throws Exception {
        session.close();
        ledger.close();
        open(Duration.ofMillis(50));
        lock(gate);
        CompletableFuture<PostResult> aside =
                submit(operations.hold("aside").claim(gate, 1).claim(team, 1));
        List<CompletableFuture<PostResult>> others = new ArrayList<>();

        for (int i = 0; i < 40; i++) {
            others.add(submit(hold("other" + i, 1)));
            if (i % 8 == 0) {
                others.add(submit(hold("last" + i, 1)));
                await(others.get(others.size() - 1));
            }
        }
        for (CompletableFuture<PostResult> other : others) {
            assertThat(await(other)).isInstanceOf(PostResult.Written.class);
        }

        assertThat(aside).isNotDone();
        foreign.rollback();
        assertThat(await(aside)).isInstanceOf(PostResult.Written.class);
        assertThat(state(team).held()).isEqualTo(2 + 45 + 1);
    }

    @Test
    void submit_releaseAndHoldInOneBatchOnAnAccountThatOwes_paysDebtFirst() throws Exception {
        HoldOperation over = hold("over", 40);
        HoldOperation kept = hold("kept", 20);
        await(submit(over));
        await(submit(kept));
        await(submit(operations.commit("c", over, 100)));
        assertThat(state(team)).isEqualTo(new AccountState(team, 100, 100, 21, 21));
        // After that shortage batches look first for a while; what is meant here is one that assumes.
        for (int i = 0; i < 8; i++) {
            await(submit(operations.hold("calm" + i).claim(gate, 1)));
        }
        keepWriterBusy();

        CompletableFuture<PostResult> release = submit(operations.release("r", kept));
        CompletableFuture<PostResult> hold = submit(hold("h", 20));
        foreign.rollback();

        assertThat(await(release)).isInstanceOf(PostResult.Written.class);
        assertThat(text(await(hold))).isEqualTo("refused: short of team");
        assertThat(state(team)).isEqualTo(new AccountState(team, 100, 100, 1, 1));
    }

    @Test
    void submit_runStoppedAmidABatch_stopsWhatComesAfterIt() throws Exception {
        keepWriterBusy();
        CompletableFuture<PostResult> before = submit(hold("before", 1).inRun("r"));
        CompletableFuture<PostResult> stop = submit(operations.stop("stop", "r", "LIMIT"));
        CompletableFuture<PostResult> after = submit(hold("after", 1).inRun("r"));

        foreign.rollback();

        assertThat(text(await(before))).isEqualTo("held");
        assertThat(text(await(stop))).isEqualTo("stopped");
        assertThat(text(await(after))).isEqualTo("refused: run stopped");
    }

    /** Makes the writer wait for a row of its own until {@code foreign} lets go, so that what is submitted now is one batch. */
    private void keepWriterBusy() throws Exception {
        lock(gate);
        var unused = submit(operations.hold("busy").claim(gate, 1));
        try (Connection admin = database.adminDataSource().getConnection();
                Statement statement = admin.createStatement()) {
            boolean waits = false;
            while (!waits) {
                var rows = statement.executeQuery("select from pg_stat_activity where datname = current_database()"
                        + " and wait_event_type = 'Lock' and usename = '" + TestLedgers.APPLICATION + "'");
                waits = rows.next();
            }
        }
    }

    private void lock(Account account) throws SQLException {
        try (Statement statement = foreign.createStatement()) {
            statement.execute("select from spendguard.account where account_id = '" + account.id() + "' for update");
        }
    }

    private CompletableFuture<PostResult> submit(LedgerOperation operation) {
        return session.submit(operation, PATIENCE);
    }

    private HoldOperation hold(String key, long calls) {
        return operations.hold(key).claim(team, calls);
    }

    private AccountState state(Account account) {
        return ledger.find("acme", List.of(account.id())).get(0);
    }

    private static String text(PostResult result) {
        return new String(result.answer(), StandardCharsets.UTF_8);
    }

    private static PostResult await(CompletableFuture<PostResult> future) throws Exception {
        try {
            return future.get(120, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }
}
