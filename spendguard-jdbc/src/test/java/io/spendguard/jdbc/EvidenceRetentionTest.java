package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.decision.EvidenceStatements;
import io.spendguard.evidence.ClosedPeriod;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.KeyRevocation;
import io.spendguard.model.Action;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.MerkleTree;
import io.spendguard.test.Database;
import io.spendguard.verify.Beginning;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is closed may go, nothing else may, and what is left still proves and adds up. */
class EvidenceRetentionTest {
    private static final String ORIGIN = "example.com/spendguard";
    private static final Ed25519Signer KEY = Ed25519Signer.generate();
    private static final Contract CONTRACT = contract("acme");
    private static final Contract INITECH = contract("initech");

    private final Database database = TestLedgers.newDatabase();
    private final DataSource keeper =
            database.dataSourceFor("spendguard_test_retention", "spendguard_log", "spendguard_retention");
    private final EvidenceLog log = EvidenceLog.open(keeper);
    private final EvidenceRetention retention = EvidenceRetention.open(keeper);

    @TempDir
    private Path directory;

    @BeforeEach
    void spend() {
        try (Guard guard = guard()) {
            guard.decide(call()).orThrow().commit(Money.parse("1.00 USD"));
            guard.decide(call()).orThrow().release("not needed");
            guard.decide(call().toBuilder().key("left open").build()).orThrow();
        }
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void drop_whatIsNotClosed_isRefusedToEverybody() {
        log.checkpoint(ORIGIN, KEY);

        assertThatThrownBy(() -> retention.drop("acme"))
                .isInstanceOf(EvidenceException.class)
                .hasMessage("Tenant 'acme' has no closed period under a signed checkpoint: nothing may be dropped. Run:"
                        + " spendguard evidence close, and then: spendguard log checkpoint");
        close();
        assertThatThrownBy(() -> retention.drop("acme"))
                .as("the close is under no checkpoint")
                .isInstanceOf(EvidenceException.class);
        for (String change : new String[] {
            "update spendguard.outbox set payload = null, path = null, signature = null",
            "delete from spendguard.ledger_entry",
            "delete from spendguard.outbox",
            "insert into spendguard.opening_balance select tenant, account_id, 'SPENT', 1 from spendguard.account",
        }) {
            assertThatThrownBy(() -> execute(database.adminDataSource(), change))
                    .as(change)
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            refused -> assertThat(refused.getSQLState()).isEqualTo("23001"));
            assertThatThrownBy(() -> execute(keeper, change))
                    .as(change)
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            refused -> assertThat(refused.getSQLState()).isEqualTo("42501"));
        }
    }

    @Test
    void drop_aClosedPeriod_leavesABookThatAddsUp_andProofsThatHold() throws Exception {
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database));
                EvidenceStatements statements = statements(ledger)) {
            statements.revoke("acme", new KeyRevocation(Ed25519Signer.generate().keyId(), 0, "laptop stolen"));
        }
        log.checkpoint(ORIGIN, KEY);
        String early =
                query("select event_id from spendguard.outbox where type like '%decision%' order by seq limit 1");
        ClosedPeriod period = close();
        log.checkpoint(ORIGIN, KEY);

        EvidenceRetention.Dropped dropped = retention.drop("acme");
        EvidenceRetention.Dropped again = retention.drop("acme");

        assertThat(dropped).isEqualTo(new EvidenceRetention.Dropped(period.size(), period.size()));
        assertThat(again).isEqualTo(new EvidenceRetention.Dropped(period.size(), 0));
        assertThat(query("select string_agg(type, ' ' order by type) from spendguard.outbox where payload is not null"))
                .isEqualTo("io.spendguard.key.revoked.v1 io.spendguard.period.closed.v1"
                        + " io.spendguard.stream.closed.v1".repeat(3)
                        + " io.spendguard.stream.opened.v1".repeat(3));
        assertThat(query("select count(*) from spendguard.ledger_entry")).isEqualTo("0");
        assertThat(query("select count(*) from spendguard.personal_value")).isEqualTo("0");
        assertSound();

        try (Guard guard = guard()) {
            guard.recover("acme", "left open").orElseThrow().commit(Money.parse("1.50 USD"));
            guard.decide(call()).orThrow().commit(Money.parse("2.00 USD"));
            assertThat(guard.balances("acme"))
                    .allSatisfy(
                            balance -> assertThat(balance.spent().toString()).isEqualTo("4.50 USD"));
        }
        log.checkpoint(ORIGIN, KEY);

        assertSound();
        assertProved(UUID.fromString(early));
        assertProved(UUID.fromString(query(
                "select event_id from spendguard.outbox where type like '%outcome%' and payload is not null limit 1")));
        VerificationReport report =
                Verifier.verify(exportFrom(1), Anchors.of(KEY.verificationKey()).with(period.checkpoint()));
        assertThat(report.findings())
                .as("what was dropped goes on as opening balances")
                .isEmpty();
        assertThat(report.beginning()).isEqualTo(new Beginning(1, 1));
    }

    @Test
    void exportFrom_whereLaterEventsWereDropped_isRefused() throws SQLException {
        log.checkpoint(ORIGIN, KEY);
        try (Guard guard = guard()) {
            guard.decide(call()).orThrow().release("not needed");
        }
        log.checkpoint(ORIGIN, KEY);
        close();
        log.checkpoint(ORIGIN, KEY);
        retention.drop("acme");

        assertThatThrownBy(() -> exportFrom(1))
                .isInstanceOf(EvidenceException.class)
                .hasMessage("Events of tenant 'acme' after checkpoint 1 were closed and dropped. Export from a later"
                        + " checkpoint, or from the first event on.");
    }

    /** Of it nothing stood at the checkpoint, so that the dropped events are the tenant's first. */
    @Test
    void exportFrom_whereATenantThatBeganLaterWasDropped_isRefusedUnlessOthersAreAskedFor() {
        log.checkpoint(ORIGIN, KEY);
        try (Guard guard = guard(INITECH)) {
            guard.decide(call()).orThrow().release("not needed");
        }
        log.checkpoint(ORIGIN, KEY);
        close("initech");
        log.checkpoint(ORIGIN, KEY);
        retention.drop("initech");

        for (String tenant : new String[] {null, "initech"}) {
            assertThatThrownBy(() -> log.exportFrom(tenant, 1))
                    .as("%s", tenant)
                    .isInstanceOf(EvidenceException.class)
                    .hasMessage("Events of tenant 'initech' after checkpoint 1 were closed and dropped. Export from a"
                            + " later checkpoint, or from the first event on.");
        }
        assertThat(log.exportFrom("acme", 1)).isNotNull();
        assertThat(log.exportFrom("initech", 2))
                .as("what it begins from is what was closed")
                .isNotNull();
    }

    @Test
    void drop_balancesLeftBehindOthersThanClosed_isRefused() throws SQLException {
        log.checkpoint(ORIGIN, KEY);
        close();
        log.checkpoint(ORIGIN, KEY);
        execute(
                database.adminDataSource(),
                "set session_replication_role = replica;"
                        + "insert into spendguard.opening_balance"
                        + " select tenant, account_id, 'SPENT', 1 from spendguard.account limit 1");

        assertThatThrownBy(() -> retention.drop("acme"))
                .isInstanceOf(EvidenceException.class)
                .hasMessageContaining("the balances left behind are not those the period was closed with");
        assertThat(query("select count(*) from spendguard.outbox where payload is null"))
                .isEqualTo("0");
    }

    @Test
    void period_ofAnotherLog_isRefused() {
        log.checkpoint(ORIGIN, KEY);

        assertThatThrownBy(() -> retention.period(
                        "acme", new Checkpoint(ORIGIN, 1, MerkleTree.emptyRoot()), Digest.sha256(new byte[0])))
                .isInstanceOf(EvidenceException.class)
                .hasMessageStartingWith("Checkpoint 1 of 'example.com/spendguard' is not of this log");
    }

    @Test
    void erase_aPerson_leavesTheCommitments() throws Exception {
        assertThat(retention.erase("acme", "bob@example.com")).isZero();
        assertThat(retention.erase("acme", "ada@example.com")).isEqualTo(3);

        assertThat(query("select count(*) from spendguard.personal_value where value = 'ada@example.com'"))
                .isEqualTo("0");
        assertSound();
        log.checkpoint(ORIGIN, KEY);
        assertThatThrownBy(() -> execute(TestLedgers.application(database), "delete from spendguard.personal_value"))
                .isInstanceOf(SQLException.class);
    }

    private ClosedPeriod close() {
        return close("acme");
    }

    private ClosedPeriod close(String tenant) {
        Checkpoint checkpoint = Checkpoint.parse(log.latest().orElseThrow().text());
        ClosedPeriod period = retention.period(tenant, checkpoint, Digest.sha256(new byte[0]));
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database));
                EvidenceStatements closing = statements(ledger)) {
            assertThat(closing.close(period).isReplayed()).isFalse();
            assertThat(closing.close(period).isReplayed()).isTrue();
        }
        return period;
    }

    private static EvidenceStatements statements(PostgresLedger ledger) {
        Clock clock = Clock.systemUTC();
        return EvidenceStatements.open(ledger, KEY, clock, IdSource.timeOrdered(clock), Duration.ofSeconds(30));
    }

    private Path exportFrom(long checkpoint) {
        Path file = directory.resolve("from-" + checkpoint + ".zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            EvidenceExport.from(ledger).log(log.exportFrom(null, checkpoint)).write(KEY, Clock.systemUTC(), file);
        }
        return file;
    }

    private void assertSound() {
        assertThat(LedgerCheck.run(TestLedgers.application(database), null).findings())
                .isEmpty();
    }

    private void assertProved(UUID event) {
        InclusionProof proof = log.prove("acme", event).orElseThrow();
        assertThat(MerkleTree.verifyInclusion(proof.leaf(), proof.index(), proof.size(), proof.path(), proof.root()))
                .isTrue();
    }

    private Guard guard() {
        return guard(CONTRACT);
    }

    private Guard guard(Contract contract) {
        return Guard.builder()
                .contract(contract)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(KEY)
                .sweepEvery(Duration.ZERO)
                .build();
    }

    private static Contract contract(String tenant) {
        return Contract.parse("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: one, tenant: %s}
                spec:
                  budgets:
                    - {id: all, limit: 100.00 USD, window: {type: total}}
                    - {id: each, limit: 50.00 USD, window: {type: total}, per: [user]}
                """.formatted(tenant), "one.yaml");
    }

    private static Action call() {
        return Action.toolCall("search")
                .user("ada@example.com")
                .cost(Money.parse("2.00 USD"))
                .build();
    }

    private String query(String sql) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static void execute(DataSource as, String sql) throws SQLException {
        try (Connection connection = as.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
