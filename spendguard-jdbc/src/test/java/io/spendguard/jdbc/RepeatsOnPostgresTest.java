package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Repeats of one run, asked for by two processes at once. */
class RepeatsOnPostgresTest {
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            metadata: {name: repeats, tenant: acme}
            spec:
              budgets: [{id: calls, limit: 100 calls, window: {type: total}}]
              rules: [{id: loop, at: [tool.call.pre], when: run.repeats >= 5, effect: skip, reasonCode: LOOP}]
            """, "repeats.yaml");

    private final Database database = TestLedgers.newDatabase();
    private final Ed25519Signer key = Ed25519Signer.generate();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void repeats_askedForAtOnceByTwoProcesses_areAllowedAsOftenAsTheRuleSays() throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(8);
        try (Guard one = guard();
                Guard two = guard()) {
            List<Future<Decision>> answers = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                Guard guard = i % 2 == 0 ? one : two;
                answers.add(callers.submit(() -> guard.decide(
                        Action.toolCall("search").content("tea").run("r").build())));
            }
            int allowed = 0;
            for (Future<Decision> answer : answers) {
                allowed += answer.get().effect() == Effect.CONTINUE ? 1 : 0;
            }

            assertThat(allowed).isEqualTo(5);
        } finally {
            callers.shutdown();
        }
    }

    private Guard guard() {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(key)
                .build();
    }
}
