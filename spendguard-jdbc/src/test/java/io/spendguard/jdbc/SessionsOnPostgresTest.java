package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.Money;
import io.spendguard.model.PartCommit;
import io.spendguard.model.Permit;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sessions on the real database, told from two processes at once. */
class SessionsOnPostgresTest {
    private static final Contract TREE = Contract.parse("""
            apiVersion: spendguard.ai/v1
            metadata: {name: tree, tenant: acme}
            spec:
              budgets:
                - {id: org, limit: 0.20 USD, window: {type: total}}
                - {id: team, limit: 0.15 USD, window: {type: total}, per: label.team, parent: org}
                - {id: calls, limit: 10 calls, window: {type: total}}
            """, "tree.yaml");
    private static final Money CENT = Money.parse("0.01 USD");

    private final Database database = TestLedgers.newDatabase();
    private final Ed25519Signer key = Ed25519Signer.generate();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void commitPart_theSamePartsFromTwoProcesses_areChargedOnce_andNoLimitIsPassed() throws Exception {
        try (Guard one = guard();
                Guard two = guard()) {
            Permit a = one.decide(session("a")).orThrow();
            Permit b = two.decide(session("b")).orThrow();
            Permit elsewhere = two.recover("acme", "a").orElseThrow();
            ExecutorService callers = Executors.newFixedThreadPool(8);
            List<Future<PartCommit>> ofA = new ArrayList<>();
            List<Future<PartCommit>> ofB = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                int number = i;
                ofA.add(callers.submit(() -> a.commitPart(number, CENT)));
                ofA.add(callers.submit(() -> elsewhere.commitPart(number, CENT)));
                ofB.add(callers.submit(() -> b.commitPart(number, CENT)));
            }
            List<PartCommit> answers = new ArrayList<>();
            long committed = 0;
            for (Future<PartCommit> answer : ofA) {
                answers.add(answer.get());
            }
            for (Future<PartCommit> answer : ofB) {
                committed += answer.get().isCommitted() ? 1 : 0;
            }
            callers.shutdown();

            for (int i = 0; i < answers.size(); i += 2) {
                PartCommit here = answers.get(i);
                PartCommit there = answers.get(i + 1);
                assertThat(here.replayed()).isNotEqualTo(there.replayed());
                assertThat(here.auditEvent()).isEqualTo(there.auditEvent());
                committed += here.isCommitted() ? 1 : 0;
            }
            assertThat(committed).as("cents of both sessions").isEqualTo(20);
            assertThat(one.balances("acme"))
                    .filteredOn(balance -> balance.budgetId().equals("org"))
                    .singleElement()
                    .returns(Amount.parse("0.20 USD"), Balance::spent)
                    .returns(Amount.parse("0.00 USD"), Balance::held);
            a.release("hung up");
            b.commit(CENT);
            assertThat(one.balances("acme"))
                    .filteredOn(balance -> balance.budgetId().equals("org"))
                    .singleElement()
                    .returns(Amount.parse("0.21 USD"), Balance::spent)
                    .returns(Amount.parse("0.01 USD"), Balance::debt);
        }
        assertThat(LedgerCheck.run(TestLedgers.application(database), null).findings())
                .isEmpty();
    }

    private static Action session(String key) {
        return Action.toolCall("voice")
                .cost(Money.parse("0.02 USD"))
                .label("team", key)
                .key(key)
                .build();
    }

    private Guard guard() {
        return Guard.builder()
                .contract(TREE)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(key)
                .build();
    }
}
