package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.model.Action;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Sweep;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ending overdue holds on the real database, whose clock decides: every hold here is overdue once it is taken. */
class HoldSweepOnPostgresTest {
    private static final Contract AT_ONCE = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: at-once, tenant: acme}
            spec:
              budgets:
                - {id: day, limit: 10.00 USD, window: {type: total}, reservation: {ttl: PT0.000001S}}
                - {id: org, limit: 20.00 USD, window: {type: total}}
            """, "at-once.yaml");

    private final Database database = TestLedgers.newDatabase();
    private final Ed25519Signer key = Ed25519Signer.generate();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void sweep_overdueHolds_endsThem_andLedgerAndEvidenceAgree(@TempDir Path folder) {
        try (Guard guard = guard()) {
            Permit late = guard.decide(priced("1.00 USD")).orThrow();
            guard.decide(priced("2.00 USD")).orThrow();
            guard.decide(priced("3.00 USD")).orThrow().commit(Money.parse("2.50 USD"));

            assertThat(guard.sweep()).isEqualTo(new Sweep(true, 2, 0, 0));
            assertThat(spent(guard)).containsExactly("5.50 USD", "5.50 USD");
            late.commit(Money.parse("1.25 USD"));

            assertThat(spent(guard)).containsExactly("5.75 USD", "5.75 USD");
            assertThat(guard.sweep()).isEqualTo(new Sweep(true, 0, 0, 0));
        }
        assertSound(folder);
    }

    @Test
    void sweep_withARowThatCannotBeEnded_endsAllOthers() throws SQLException {
        try (Guard guard = guard()) {
            Permit bad = guard.decide(priced("1.00 USD")).orThrow();
            guard.decide(priced("2.00 USD")).orThrow();
            spoil(bad);

            Sweep sweep = guard.sweep();

            assertThat(sweep).isEqualTo(new Sweep(true, 1, 0, 1));
            assertThat(spent(guard)).containsExactly("2.00 USD", "2.00 USD");
        }
    }

    @Test
    void sweep_ofTwoGuards_oneLeads() {
        try (Guard one = guard();
                Guard two = guard()) {
            one.decide(priced("1.00 USD")).orThrow();

            assertThat(one.sweep()).isEqualTo(new Sweep(true, 1, 0, 0));
            assertThat(two.sweep()).isEqualTo(new Sweep(false, 0, 0, 0));
        }
    }

    @Test
    void extend_keepsAHoldFromTheSweeper_andIsSettledWhole(@TempDir Path folder) {
        try (Guard guard = guard()) {
            Permit permit = guard.decide(priced("1.00 USD")).orThrow();
            Permit other = guard.decide(priced("1.00 USD")).orThrow();
            assertThat(permit.extend(Duration.ofHours(1), Money.parse("3.00 USD"))
                            .isGranted())
                    .isTrue();
            assertThat(permit.extend(Duration.ofHours(2), Money.parse("9.50 USD"))
                            .isGranted())
                    .isFalse();

            assertThat(guard.sweep()).isEqualTo(new Sweep(true, 1, 0, 0));
            other.commit(Money.parse("0.50 USD"));
            permit.commit(Money.parse("2.00 USD"));

            assertThat(spent(guard)).containsExactly("2.50 USD", "2.50 USD");
            assertThat(guard.balances("acme"))
                    .allSatisfy(balance -> assertThat(balance.held().atomic()).isZero());
        }
        assertSound(folder);
    }

    @Test
    void lease_whileItIsHeld_cannotBeTakenByHand() throws SQLException {
        try (Guard guard = guard()) {
            guard.sweep();
        }
        try (Connection connection = TestLedgers.application(database).getConnection();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute(
                            "update spendguard.lease set holder = gen_random_uuid(), epoch = epoch + 1"))
                    .hasMessageContaining("nobody else takes it before");
        }
    }

    @Test
    void sweepAndCommit_atTheSameMoment_settleEachHoldOnce(@TempDir Path folder) throws Exception {
        try (Guard sweeping = guard();
                Guard committing = guard()) {
            List<Permit> permits = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                permits.add(committing.decide(priced("0.10 USD")).orThrow());
            }
            ExecutorService threads = Executors.newFixedThreadPool(5);
            List<Future<?>> all = new ArrayList<>();
            all.add(threads.submit(sweeping::sweep));
            for (Permit permit : permits) {
                all.add(threads.submit(() -> permit.commit(Money.parse("0.05 USD"))));
            }
            threads.shutdown();
            assertThat(threads.awaitTermination(5, TimeUnit.MINUTES)).isTrue();
            for (Future<?> each : all) {
                each.get();
            }

            assertThat(spent(committing)).containsExactly("2.00 USD", "2.00 USD");
        }
        assertSound(folder);
    }

    @Test
    void guard_onPostgres_sweepsByItself() throws SQLException {
        try (Guard guard = builder().sweepEvery(Duration.ofMillis(1)).build()) {
            guard.decide(priced("1.00 USD")).orThrow();
            await("select count(*) = 0 from spendguard.reservation where state = 'HELD'");

            assertThat(spent(guard)).containsExactly("1.00 USD", "1.00 USD");
        }
    }

    /** Asks until the answer is yes; the test's own time limit ends it. */
    private void await(String question) throws SQLException {
        try (Connection connection = TestLedgers.application(database).getConnection();
                Statement statement = connection.createStatement()) {
            while (true) {
                try (var answer = statement.executeQuery(question)) {
                    answer.next();
                    if (answer.getBoolean(1)) {
                        return;
                    }
                }
            }
        }
    }

    /** As only a superuser can. */
    private void spoil(Permit permit) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("alter table spendguard.reservation disable trigger reservation_settles_once");
            statement.execute("update spendguard.reservation set terms = 'no terms' where reservation_id = '"
                    + permit.decisionId() + "'");
            statement.execute("alter table spendguard.reservation enable trigger reservation_settles_once");
        }
    }

    private void assertSound(Path folder) {
        assertThat(LedgerCheck.run(TestLedgers.application(database), null).findings())
                .isEmpty();
        Path file = folder.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            EvidenceExport.from(ledger).tenant("acme").contract(AT_ONCE).write(key, Clock.systemUTC(), file);
        }
        assertThat(Verifier.verify(file, Anchors.of(key.verificationKey())).findings())
                .isEmpty();
    }

    private static List<String> spent(Guard guard) {
        return guard.balances("acme").stream()
                .map(balance -> balance.spent().toString())
                .toList();
    }

    private static Action priced(String cost) {
        return Action.toolCall("t").cost(Money.parse(cost)).build();
    }

    private Guard guard() {
        return builder().sweepEvery(Duration.ZERO).build();
    }

    private Guard.Builder builder() {
        return Guard.builder()
                .contract(AT_ONCE)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(key)
                .patience(Duration.ofSeconds(60));
    }
}
