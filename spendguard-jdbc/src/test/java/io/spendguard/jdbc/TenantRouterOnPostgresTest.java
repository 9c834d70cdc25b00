package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.TenantRouter;
import io.spendguard.model.Action;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
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

/** One guard over two PostgreSQL servers: each tenant's money and evidence on its own. */
class TenantRouterOnPostgresTest {
    private static final Contract TEN_CALLS = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: ten-calls}
            spec:
              budgets:
                - {id: daily, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
            """, "ten-calls.yaml");

    private final Ed25519Signer key = Ed25519Signer.generate();

    @Test
    void twoServers_keepEachTenantApart_andOneBeingAwayStopsOnlyItsOwn(@TempDir Path folder) throws Exception {
        try (EmbeddedPostgres second = EmbeddedPostgres.start();
                Database east = TestLedgers.newDatabase();
                Database west = TestLedgers.newDatabase(second)) {
            try (Guard guard = Guard.builder()
                    .contract(TEN_CALLS)
                    .ledger(router(east, west))
                    .signer(key)
                    .patience(Duration.ofSeconds(30))
                    .build()) {
                AtomicInteger acme = new AtomicInteger();
                AtomicInteger globex = new AtomicInteger();
                ExecutorService threads = Executors.newFixedThreadPool(8);
                IntStream.range(0, 40)
                        .forEach(i -> threads.execute(() -> {
                            AtomicInteger allowed = i % 2 == 0 ? acme : globex;
                            Decision decision = guard.decide(call(i % 2 == 0 ? "acme" : "globex"));
                            if (decision instanceof Decision.Allowed permitted) {
                                allowed.incrementAndGet();
                                permitted.permit().commit(Money.parse("0.10 USD"));
                            }
                        }));
                threads.shutdown();
                assertThat(threads.awaitTermination(5, TimeUnit.MINUTES)).isTrue();

                assertThat(acme).hasValue(10);
                assertThat(globex).hasValue(10);
                assertThat(guard.balances("acme")).extracting(Balance::spent).hasToString("[1.00 USD]");
                assertThat(guard.balances("globex")).extracting(Balance::spent).hasToString("[1.00 USD]");

                second.stopImmediately();
                assertThat(guard.decide(call("acme")).reasons())
                        .extracting(Reason::code)
                        .containsExactly(ReasonCode.BUDGET_EXHAUSTED);
                second.startAgain();
            }

            try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(east))) {
                assertThat(ledger.tenants()).containsExactly("acme");
            }
            try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(west))) {
                assertThat(ledger.tenants()).containsExactly("globex");
            }
            assertThat(verify("acme", east, west, folder)).isEqualTo("evidence: verified, 35 events, 0 findings");
        }
    }

    @Test
    void serverAway_itsTenantsStopUnrecorded_andNewTenantsWaitForProof() {
        try (EmbeddedPostgres second = EmbeddedPostgres.start();
                Database east = TestLedgers.newDatabase();
                Database west = TestLedgers.newDatabase(second);
                Guard guard = Guard.builder()
                        .contract(TEN_CALLS)
                        .ledger(router(east, west))
                        .signer(key)
                        .patience(Duration.ofSeconds(8))
                        .build()) {
            second.stopImmediately();

            Decision onItsOwn = guard.decide(call("globex"));
            Decision neverServedYet = guard.decide(call("acme"));
            second.startAgain();
            Decision served = guard.decide(call("acme"));

            assertThat(onItsOwn.effect()).isEqualTo(Effect.STOP);
            assertThat(onItsOwn.reasons()).extracting(Reason::code).containsExactly(ReasonCode.LEDGER_UNAVAILABLE);
            assertThat(neverServedYet.reasons())
                    .as("nobody can tell whether the other server knows it")
                    .extracting(Reason::code)
                    .containsExactly(ReasonCode.LEDGER_UNAVAILABLE);
            assertThat(served.effect()).isEqualTo(Effect.CONTINUE);
        }
    }

    private static Action call(String tenant) {
        return Action.toolCall("search")
                .tenant(tenant)
                .cost(Money.parse("0.10 USD"))
                .build();
    }

    private static Ledger router(Database east, Database west) {
        return TenantRouter.builder()
                .server("east", PostgresLedger.open(TestLedgers.application(east)))
                .server("west", PostgresLedger.open(TestLedgers.application(west)))
                .tenant("acme", "east")
                .tenant("globex", "west")
                .build();
    }

    private String verify(String tenant, Database east, Database west, Path folder) {
        Path file = folder.resolve(tenant + ".zip");
        try (Ledger ledger = router(east, west)) {
            EvidenceExport.from(ledger).tenant(tenant).contract(TEN_CALLS).write(key, Clock.systemUTC(), file);
        }
        return Verifier.verify(file, Anchors.of(key.verificationKey())).summary();
    }
}
