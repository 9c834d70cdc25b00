package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host whose clock is wrong decides rightly all the same, and its evidence tells how wrong the clock was. */
class ClockAnomalyTest {
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: one, tenant: acme}
            spec:
              budgets:
                - {id: day, limit: 0.25 USD, window: {type: rolling, length: PT24H}}
            """, "one.yaml");

    private final Database database = TestLedgers.newDatabase();
    private final Ed25519Signer key = Ed25519Signer.generate();
    private final WrongClock clock = new WrongClock();

    @TempDir
    private Path directory;

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void decide_onAHostThatIsDaysBehind_countsForToday_andSaysSo() {
        clock.ahead = Duration.ofDays(-2);
        try (Guard guard = guard()) {
            assertThat(decide(guard)).isInstanceOf(Decision.Continue.class);
        }
        clock.ahead = Duration.ofDays(1);
        try (Guard guard = guard()) {
            assertThat(decide(guard)).isInstanceOf(Decision.Continue.class);
            assertThat(decide(guard)).as("0.30 USD of 0.25 within a day").isInstanceOf(Decision.Stop.class);
        }

        assertThat(anomalies()).hasSize(2);
        assertThat(millis(0, "ahead")).isCloseTo(Duration.ofDays(2).toMillis(), within(5_000L));
        assertThat(millis(1, "ahead")).isCloseTo(Duration.ofDays(-1).toMillis(), within(5_000L));
        VerificationReport report = verified();
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes())
                .anyMatch(
                        note -> note.startsWith("clocks: 2 streams state that the ledger's clock and their writer's"));
    }

    @Test
    void decide_clockSetWhileConnected_isSaidWhenItIsComparedNext_andOnce() {
        try (Guard guard = guard()) {
            decide(guard);
            clock.ahead = Duration.ofHours(3);
            cutSessions();
            decide(guard);
            cutSessions();
            decide(guard);
            clock.ahead = Duration.ZERO;
            cutSessions();
            decide(guard);
        }

        assertThat(anomalies()).hasSize(2);
        assertThat(millis(0, "before")).isZero();
        assertThat(millis(0, "ahead")).isCloseTo(Duration.ofHours(-3).toMillis(), within(5_000L));
        assertThat(millis(1, "before")).isEqualTo(millis(0, "ahead"));
        assertThat(millis(1, "ahead")).isCloseTo(0, within(5_000L));
        assertThat(verified().findings()).isEmpty();
    }

    @Test
    void decide_onAHostWhoseClockIsRight_saysNothing() {
        try (Guard guard = guard()) {
            decide(guard);
        }

        assertThat(anomalies()).isEmpty();
        assertThat(verified().notes()).noneMatch(note -> note.startsWith("clocks"));
    }

    private Guard guard() {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(key)
                .clock(clock)
                .sweepEvery(Duration.ZERO)
                .patience(Duration.ofSeconds(60))
                .build();
    }

    private static Decision decide(Guard guard) {
        return guard.decide(
                Action.toolCall("search").cost(Money.parse("0.10 USD")).build());
    }

    /** A writer that connects compares the clocks at once, and need not be waited for. */
    private void cutSessions() {
        database.copy().close();
    }

    private List<JsonObject> anomalies() {
        List<JsonObject> found = new ArrayList<>();
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            ledger.events("acme", event -> {
                if (event.draft().type().equals("io.spendguard.stream.clock_anomaly.v1")) {
                    found.add(JsonObject.parse(event.draft().payload())
                            .object("data")
                            .object("clocks"));
                }
            });
        }
        return found;
    }

    private long millis(int anomaly, String member) {
        return anomalies().get(anomaly).integer(member);
    }

    private VerificationReport verified() {
        Path file = directory.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            EvidenceExport.from(ledger).write(key, Clock.systemUTC(), file);
        }
        return Verifier.verify(file, Anchors.of(key.verificationKey()));
    }

    /** A clock that goes on, but wrongly. */
    private static final class WrongClock extends Clock {
        private volatile Duration ahead = Duration.ZERO;

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
