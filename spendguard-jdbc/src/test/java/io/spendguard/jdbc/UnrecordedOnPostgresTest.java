package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.ReasonCode;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decisions made while the database cannot be reached have no event; the next one says how many they were. */
class UnrecordedOnPostgresTest {
    private final Database database = TestLedgers.newDatabase();
    private final DataSource application = TestLedgers.application(database);
    private final Ed25519Signer key = Ed25519Signer.generate();
    private volatile boolean isAway;

    @TempDir
    private Path directory;

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void decide_whileTheDatabaseIsAway_isCountedByTheNextEvent() {
        try (Guard guard = guard()) {
            assertThat(decide(guard)).isEqualTo(Effect.CONTINUE);
            away(true);
            assertThat(decide(guard)).isEqualTo(Effect.STOP);
            assertThat(decide(guard)).isEqualTo(Effect.STOP);
            assertThat(guard.unrecordedDecisions()).isEqualTo(2);
            away(false);
            assertThat(decide(guard)).isEqualTo(Effect.CONTINUE);
            assertThat(decide(guard)).isEqualTo(Effect.CONTINUE);
        }

        assertThat(statements()).singleElement().satisfies(said -> {
            assertThat(said.integer("refused")).isEqualTo(2);
            assertThat(said.integer("passed")).isZero();
        });
        VerificationReport report = verified();
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes())
                .contains(
                        "unrecorded: 2 decisions were answered while the ledger was away, and have no event of their own");
    }

    private void away(boolean away) {
        isAway = away;
        database.copy().close(); // which cuts the sessions
    }

    private Guard guard() {
        return Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        kind: Contract
                        metadata: {name: one, tenant: acme}
                        spec:
                          budgets:
                            - {id: all, limit: 10.00 USD, window: {type: total}}
                        """, "one.yaml"))
                .ledger(PostgresLedger.open(unreliable()))
                .signer(key)
                .sweepEvery(Duration.ZERO)
                .patience(Duration.ofSeconds(2))
                .build();
    }

    private static Effect decide(Guard guard) {
        var decision = guard.decide(
                Action.toolCall("search").cost(Money.parse("0.10 USD")).build());
        if (decision.effect() == Effect.STOP) {
            assertThat(decision.reasons().get(0).code()).isEqualTo(ReasonCode.LEDGER_UNAVAILABLE);
        }
        return decision.effect();
    }

    private List<JsonObject> statements() {
        List<JsonObject> found = new ArrayList<>();
        try (PostgresLedger ledger = PostgresLedger.open(application)) {
            ledger.events("acme", event -> {
                if (event.draft().type().equals("io.spendguard.stream.unrecorded.v1")) {
                    found.add(JsonObject.parse(event.draft().payload())
                            .object("data")
                            .object("unrecorded"));
                }
            });
        }
        return found;
    }

    private VerificationReport verified() {
        Path file = directory.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(application)) {
            EvidenceExport.from(ledger).write(key, Clock.systemUTC(), file);
        }
        return Verifier.verify(file, Anchors.of(key.verificationKey()));
    }

    /** Leads to the database unless the test says that it is away. */
    private DataSource unreliable() {
        return (DataSource) Proxy.newProxyInstance(
                UnrecordedOnPostgresTest.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> {
                    if (isAway && method.getName().equals("getConnection")) {
                        throw new SQLException("The test's database is away.", "08001");
                    }
                    try {
                        return method.invoke(application, arguments);
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                });
    }
}
