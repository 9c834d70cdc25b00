package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.model.Action;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Settlement;
import io.spendguard.model.Usage;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole path on the real database: contract, decision, hold and event, settlement, evidence that verifies. */
class GuardOnPostgresTest {
    private static final Contract ONE_DOLLAR_A_RUN = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: one-dollar, tenant: acme}
            spec:
              budgets:
                - {id: run, limit: 1.00 USD, window: {type: run}}
                - {id: daily, limit: 100.00 USD, window: {type: calendar_day, timezone: Asia/Kathmandu}}
            """, "one-dollar.yaml");

    private static final String KEY = "the-call";

    private final Ed25519Signer key = Ed25519Signer.generate();
    private final AtomicInteger number = new AtomicInteger();

    @Test
    void runawayLoop_stopsBeforeTheBill_andItsEvidenceVerifies(@TempDir Path folder) {
        try (Database database = TestLedgers.newDatabase()) {
            try (Guard guard = guard(database, Duration.ofSeconds(60))) {
                int calls = 0;
                Decision decision = guard.decide(call("r"));
                while (decision instanceof Decision.Allowed allowed) {
                    calls++;
                    allowed.permit().commit(Usage.of(8_000, 16_000));
                    decision = guard.decide(call("r"));
                }

                assertThat(calls).isEqualTo(5);
                assertThat(decision.reasons()).extracting(Reason::code).containsExactly(ReasonCode.BUDGET_EXHAUSTED);
                assertThat(balance(guard, "run").spent()).hasToString("0.90 USD");
                assertThat(balance(guard, "daily").spent()).hasToString("0.90 USD");
            }

            assertThat(verify(database, folder).summary()).isEqualTo("evidence: verified, 16 events, 0 findings");
        }
    }

    @Test
    void manyThreadsAndTwoGuards_neverHoldMoreThanTheLimit(@TempDir Path folder) throws InterruptedException {
        try (Database database = TestLedgers.newDatabase()) {
            AtomicInteger allowed = new AtomicInteger();
            try (Guard one = guard(database, Duration.ofSeconds(60));
                    Guard two = guard(database, Duration.ofSeconds(60))) {
                ExecutorService threads = Executors.newFixedThreadPool(16);
                IntStream.range(0, 64)
                        .forEach(i -> threads.execute(() -> {
                            Decision decision = (i % 2 == 0 ? one : two).decide(call("hot"));
                            if (decision instanceof Decision.Allowed) {
                                allowed.incrementAndGet();
                            }
                        }));
                threads.shutdown();
                assertThat(threads.awaitTermination(5, TimeUnit.MINUTES)).isTrue();

                assertThat(allowed).hasValue(5);
                assertThat(balance(one, "run").held()).hasToString("0.90 USD");
            }
            assertThat(verify(database, folder).findings()).isEmpty();
        }
    }

    @Test
    void databaseLostBetweenDecideAndCommit_commitFailsTyped_andItsRepetitionSettlesOnce(@TempDir Path folder) {
        try (EmbeddedPostgres server = EmbeddedPostgres.start();
                Database database = TestLedgers.newDatabase(server)) {
            try (Guard guard = guard(database, Duration.ofSeconds(4))) {
                Permit permit = guard.decide(call("r")).orThrow();
                server.stopImmediately();

                assertThatThrownBy(() -> permit.commit(Usage.of(8_000, 1_000)))
                        .isInstanceOf(LedgerUnavailableException.class);
                Decision meanwhile = guard.decide(call("r"));
                assertThat(meanwhile.effect()).isEqualTo(Effect.STOP);
                assertThat(meanwhile.reasons()).extracting(Reason::code).containsExactly(ReasonCode.LEDGER_UNAVAILABLE);
                assertThat(meanwhile.auditEvent()).isEmpty();
                server.startAgain();
            }
            try (Guard guard = guard(database, Duration.ofSeconds(60))) {
                Permit permit = guard.recover("acme", KEY).orElseThrow();
                Settlement first = permit.commit(Usage.of(8_000, 1_000));
                Settlement again = permit.commit(Usage.of(8_000, 1_000));

                assertThat(again.auditEvent()).isEqualTo(first.auditEvent());
                assertThat(again.replayed()).isTrue();
                assertThat(balance(guard, "run").spent()).hasToString("0.03 USD");
                assertThat(guard.decide(call("r").toBuilder().key("next").build())
                                .effect())
                        .as("a stop that could not be recorded ends no run")
                        .isEqualTo(Effect.CONTINUE);
            }
        }
    }

    @Test
    void skipRule_inAStoppedRun_stopsAsEverythingElseDoes() {
        Contract skips = Contract.parse("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: skips, tenant: acme}
                spec:
                  budgets:
                    - {id: run, limit: 0.20 USD, window: {type: run}}
                  rules:
                    - {id: no-clock, at: [tool.call.pre], when: 'true', effect: skip, reasonCode: CLOCK}
                """, "skips.yaml");
        try (Database database = TestLedgers.newDatabase();
                Guard guard = guard(skips, database, Duration.ofSeconds(60))) {
            Action clock = Action.toolCall("clock").run("r").build();
            assertThat(guard.decide(clock).effect()).isEqualTo(Effect.SKIP);
            guard.decide(call("r")).orThrow();
            assertThat(guard.decide(call("r")).effect()).isEqualTo(Effect.STOP);

            Decision after = guard.decide(Action.toolCall("clock").run("r").build());

            assertThat(after.effect()).isEqualTo(Effect.STOP);
            assertThat(after.reasons().get(0).code()).isEqualTo(ReasonCode.RUN_STOPPED);
        }
    }

    @Test
    void shadowBesideEnforcement_decidesTheSameActionOnItsOwn() {
        Contract watching = Contract.parse("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: watching, tenant: acme}
                spec:
                  mode: shadow
                  budgets:
                    - {id: run, limit: 1.00 USD, window: {type: run}}
                """, "watching.yaml");
        try (Database database = TestLedgers.newDatabase();
                Guard shadow = guard(watching, database, Duration.ofSeconds(60));
                Guard enforcing = guard(database, Duration.ofSeconds(60))) {
            Action action = call("r");

            shadow.decide(action).orThrow().commit(Usage.of(8_000, 1_000));
            enforcing.decide(action).orThrow().commit(Usage.of(8_000, 2_000));

            assertThat(balance(shadow, "run").spent()).hasToString("0.03 USD");
            assertThat(balance(enforcing, "run").spent()).hasToString("0.04 USD");
        }
    }

    /** The first call has a key we know. */
    private Action call(String run) {
        Action.Builder call =
                Action.llmCall("openai", "gpt-4o").run(run).inputTokens(8_000).maxOutputTokens(16_000);
        return number.getAndIncrement() == 0 ? call.key(KEY).build() : call.build();
    }

    private Guard guard(Database database, Duration patience) {
        return guard(ONE_DOLLAR_A_RUN, database, patience);
    }

    private Guard guard(Contract contract, Database database, Duration patience) {
        return Guard.builder()
                .contract(contract)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(key)
                .patience(patience)
                .build();
    }

    private VerificationReport verify(Database database, Path folder) {
        Path file = folder.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            EvidenceExport.from(ledger)
                    .tenant("acme")
                    .contract(ONE_DOLLAR_A_RUN)
                    .write(key, Clock.systemUTC(), file);
        }
        return Verifier.verify(file, Anchors.of(key.verificationKey()));
    }

    private static Balance balance(Guard guard, String budget) {
        return guard.balances("acme").stream()
                .filter(balance -> balance.budgetId().equals(budget))
                .findFirst()
                .orElseThrow();
    }
}
