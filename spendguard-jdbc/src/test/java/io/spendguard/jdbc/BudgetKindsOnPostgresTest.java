package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Action;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.verify.Verifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys, parents, rolling windows and thresholds with many callers on the real database. */
class BudgetKindsOnPostgresTest {
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: kinds, tenant: acme}
            spec:
              budgets:
                - {id: org, limit: 1.00 USD, window: {type: total}}
                - {id: team, limit: 0.40 USD, window: {type: rolling, length: PT24H}, per: label.team, maxKeys: 6, parent: org}
                - {id: person, limit: 0.15 USD, window: {type: total}, per: user, warnAt: [50%],
                   overrunPolicy: block_until_resolved}
            """, "kinds.yaml");
    private static final Money FIVE_CENTS = Money.parse("0.05 USD");

    private final Ed25519Signer key = Ed25519Signer.generate();

    @Test
    void manyCallersOfTwoGuards_keepEveryLimitOfTheTree_andTheEvidenceVerifies(@TempDir Path folder) throws Exception {
        try (Database database = TestLedgers.newDatabase()) {
            AtomicLong allowed = new AtomicLong();
            try (Guard one = guard(database);
                    Guard two = guard(database)) {
                ExecutorService callers = Executors.newFixedThreadPool(16);
                for (int i = 0; i < 200; i++) {
                    Guard guard = i % 2 == 0 ? one : two;
                    Action action = Action.toolCall("search")
                            .run("r" + i)
                            .user("user-" + i % 5)
                            .label("team", "t" + i % 9)
                            .cost(FIVE_CENTS)
                            .build();
                    callers.execute(() -> {
                        if (guard.decide(action) instanceof Decision.Allowed call) {
                            call.permit().commit(FIVE_CENTS);
                            allowed.incrementAndGet();
                        }
                    });
                }
                callers.shutdown();
                assertThat(callers.awaitTermination(5, TimeUnit.MINUTES)).isTrue();

                List<Balance> balances = one.balances("acme");
                assertThat(balances)
                        .allSatisfy(balance -> assertThat(balance.spent().atomic())
                                .isLessThanOrEqualTo(balance.limit().atomic()));
                assertThat(balances)
                        .filteredOn(balance -> balance.budgetId().equals("team"))
                        .hasSize(6);
                assertThat(balances)
                        .filteredOn(balance -> balance.budgetId().equals("org"))
                        .singleElement()
                        .satisfies(
                                org -> assertThat(org.spent().atomic()).isEqualTo(allowed.get() * FIVE_CENTS.nanos()));
                assertThat(allowed).hasValue(15); // three for each person: the other limits are wider
            }

            try (Ledger ledger = PostgresLedger.open(TestLedgers.application(database))) {
                ledger.events(
                        "acme",
                        event -> assertThat(new String(event.draft().payload(), StandardCharsets.UTF_8))
                                .doesNotContain("user-"));
                Path file = folder.resolve("evidence.zip");
                EvidenceExport.from(ledger).tenant("acme").contract(CONTRACT).write(key, Clock.systemUTC(), file);
                assertThat(Verifier.verify(file, Anchors.of(key.verificationKey()))
                                .findings())
                        .isEmpty();
            }
            assertThat(LedgerCheck.run(TestLedgers.application(database), null).findings())
                    .isEmpty();
        }
    }

    private Guard guard(Database database) {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(key)
                .build();
    }
}
