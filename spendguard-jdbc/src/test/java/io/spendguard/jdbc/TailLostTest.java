package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.verify.FindingCode;
import io.spendguard.verify.Verifier;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that was set back has forgotten what a guard was told is durable; the guard remembers. */
class TailLostTest {
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: one, tenant: acme}
            spec:
              budgets:
                - {id: all, limit: 10.00 USD, window: {type: total}}
            """, "one.yaml");

    private final Database database = TestLedgers.newDatabase();
    private final Ed25519Signer key = Ed25519Signer.generate();
    private final SwitchingDataSource source = new SwitchingDataSource(TestLedgers.application(database));
    private final List<Database> copies = new ArrayList<>();

    @TempDir
    private Path directory;

    @AfterEach
    void drop() {
        copies.forEach(Database::close);
        database.close();
    }

    @Test
    void reconnect_toAnOlderCopy_isStatedInANewStream_andDecisionsGoOn() {
        try (Guard guard = guard()) {
            decide(guard);
            Database backup = copy();
            assertThat(decide(guard)).isInstanceOf(Decision.Continue.class);
            assertThat(guard.lostTails())
                    .as("the same database after a lost connection")
                    .isZero();

            restore(backup);

            assertThat(decide(guard)).isInstanceOf(Decision.Continue.class);
            assertThat(guard.lostTails()).isEqualTo(1);
            assertThat(decide(guard)).isInstanceOf(Decision.Continue.class);
            assertThat(guard.lostTails()).as("said once").isEqualTo(1);
        }

        assertThat(findings()).contains(FindingCode.TAIL_LOST).doesNotContain(FindingCode.EVENT_MISSING);
        assertThat(types())
                .containsSubsequence(
                        "io.spendguard.stream.opened.v1",
                        "io.spendguard.stream.tail_lost.v1",
                        "io.spendguard.decision.v1",
                        "io.spendguard.decision.v1",
                        "io.spendguard.stream.closed.v1")
                .containsOnlyOnce("io.spendguard.stream.tail_lost.v1");
    }

    @Test
    void close_onAnOlderCopy_statesTheLossAllTheSame() {
        try (Guard guard = guard()) {
            decide(guard);
            Database backup = copy();
            decide(guard);
            restore(backup);
        }

        assertThat(findings()).contains(FindingCode.TAIL_LOST).doesNotContain(FindingCode.EVENT_MISSING);
        assertThat(types())
                .containsSubsequence(
                        "io.spendguard.stream.opened.v1",
                        "io.spendguard.stream.tail_lost.v1",
                        "io.spendguard.stream.closed.v1");
    }

    @Test
    void reconnect_toTheSameDatabase_losesNothing() {
        try (Guard guard = guard()) {
            decide(guard);
            copy(); // cuts the sessions
            decide(guard);

            assertThat(guard.lostTails()).isZero();
        }

        assertThat(findings()).isEmpty();
    }

    private Guard guard() {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(source))
                .signer(key)
                .sweepEvery(Duration.ZERO)
                .patience(Duration.ofSeconds(60))
                .build();
    }

    private static Decision decide(Guard guard) {
        return guard.decide(
                Action.toolCall("search").cost(Money.parse("0.10 USD")).build());
    }

    private Database copy() {
        Database copy = database.copy();
        copies.add(copy);
        return copy;
    }

    /** As a restore does: the server's address stays, what answers there is older. */
    private void restore(Database backup) {
        source.current = TestLedgers.application(backup);
        copy();
    }

    private List<FindingCode> findings() {
        Path file = directory.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(source)) {
            EvidenceExport.from(ledger).write(key, Clock.systemUTC(), file);
        }
        return Verifier.verify(file, Anchors.of(key.verificationKey())).findings().stream()
                .map(finding -> finding.code())
                .toList();
    }

    private List<String> types() {
        List<String> types = new ArrayList<>();
        try (PostgresLedger ledger = PostgresLedger.open(source)) {
            ledger.events("acme", event -> types.add(event.draft().type()));
        }
        return types;
    }

    /** Leads to another database when the test says so. */
    private static final class SwitchingDataSource implements DataSource {
        private volatile DataSource current;

        private SwitchingDataSource(DataSource first) {
            this.current = first;
        }

        @Override
        public Connection getConnection() throws SQLException {
            return current.getConnection();
        }

        @Override
        public Connection getConnection(String user, String password) throws SQLException {
            return current.getConnection(user, password);
        }

        @Override
        public PrintWriter getLogWriter() throws SQLException {
            return current.getLogWriter();
        }

        @Override
        public void setLogWriter(PrintWriter out) throws SQLException {
            current.setLogWriter(out);
        }

        @Override
        public void setLoginTimeout(int seconds) throws SQLException {
            current.setLoginTimeout(seconds);
        }

        @Override
        public int getLoginTimeout() throws SQLException {
            return current.getLoginTimeout();
        }

        @Override
        public Logger getParentLogger() {
            return Logger.getGlobal();
        }

        @Override
        public <T> T unwrap(Class<T> type) throws SQLException {
            return current.unwrap(type);
        }

        @Override
        public boolean isWrapperFor(Class<?> type) throws SQLException {
            return current.isWrapperFor(type);
        }
    }
}
