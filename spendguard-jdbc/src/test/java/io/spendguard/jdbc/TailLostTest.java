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
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
    private final DataSource source = switching();
    private volatile DataSource current = TestLedgers.application(database);
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
    void reconnect_toACopyOlderThanTheContract_activatesItAgain() {
        Database backup = copy();
        try (Guard guard = guard()) {
            decide(guard);
            restore(backup);

            assertThat(decide(guard))
                    .as("decided for a contract that the ledger had forgotten")
                    .isInstanceOf(Decision.Continue.class);
        }

        assertThat(types()).containsOnlyOnce("io.spendguard.contract.activated.v1");
    }

    @Test
    void decideAsync_onACopyOlderThanTheContract_activatesItAgain() throws Exception {
        Database backup = copy();
        try (Guard guard = guard()) {
            decide(guard);
            restore(backup);

            Decision decision = guard.decideAsync(Action.toolCall("search")
                            .cost(Money.parse("0.10 USD"))
                            .build())
                    .get(60, TimeUnit.SECONDS);

            assertThat(decision).isInstanceOf(Decision.Continue.class);
        }

        assertThat(types()).containsOnlyOnce("io.spendguard.contract.activated.v1");
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
        current = TestLedgers.application(backup);
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

    /** Leads to whatever database the test says. */
    private DataSource switching() {
        return (DataSource) Proxy.newProxyInstance(
                TailLostTest.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    try {
                        return method.invoke(current, arguments);
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                });
    }
}
