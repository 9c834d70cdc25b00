package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.model.Action;
import io.spendguard.model.Approval;
import io.spendguard.model.ApprovalException;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.Money;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.verify.Finding;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Approvals on the real database: two guards, many threads, and what the ledger's own check and an auditor say of them. */
class ApprovalOnPostgresTest {
    private static final Approver LEAD = new Approver("Lea Lead", ApproverRole.TEAM_LEAD);
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: approvals, tenant: acme}
            spec:
              budgets:
                - {id: day, limit: 10.00 USD, window: {type: calendar_day, timezone: UTC}}
              rules:
                - id: by_a_lead
                  when: has(action.tool) && action.tool == "wire"
                  effect: require_approval
                  reasonCode: MONEY_LEAVES
            """, "approvals.yaml");

    private final Ed25519Signer key = Ed25519Signer.generate();
    private final Database database = TestLedgers.newDatabase();

    @TempDir
    private Path folder;

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void decide_sixteenAtOnceOnTwoGuardsAfterTheApproval_oneHolds() throws Exception {
        try (Guard one = guard();
                Guard two = guard()) {
            assertThat(one.decide(wire("k"))).isInstanceOf(Decision.RequireApproval.class);
            assertThat(two.decide(wire("k"))).isInstanceOf(Decision.RequireApproval.class);
            two.approve("acme", "k", LEAD, "right");

            List<Decision> decisions = inParallel(i -> () -> (i % 2 == 0 ? one : two).decide(wire("k")));

            assertThat(decisions).filteredOn(Decision.Allowed.class::isInstance).hasSize(1);
            assertThat(decisions)
                    .filteredOn(Decision.Stop.class::isInstance)
                    .hasSize(15)
                    .extracting(decision -> decision.reasons().get(0).code())
                    .containsOnly(ReasonCode.ALREADY_DECIDED);
            assertThat(one.balances("acme").get(0).held()).hasToString("1.00 USD");
            two.recover("acme", "k").orElseThrow().commit(Money.parse("1.00 USD"));
        }

        assertThat(check()).isEmpty();
        assertThat(verify()).isEmpty();
    }

    @Test
    void approve_sixteenAtOnceOnTwoGuards_oneWins() throws Exception {
        try (Guard one = guard();
                Guard two = guard()) {
            one.decide(wire("k"));

            List<Object> answers = inParallel(i -> () -> {
                Guard guard = i % 4 < 2 ? one : two;
                try {
                    return i % 2 == 0
                            ? guard.approve("acme", "k", LEAD, "right")
                            : guard.deny("acme", "k", LEAD, "wrong");
                } catch (IdempotencyConflictException other) {
                    return other;
                }
            });

            List<Approval> resolved = answers.stream()
                    .filter(Approval.class::isInstance)
                    .map(Approval.class::cast)
                    .toList();
            assertThat(resolved)
                    .hasSize(8)
                    .extracting(Approval::state)
                    .containsOnly(resolved.get(0).state());
            assertThat(resolved).filteredOn(approval -> !approval.isReplayed()).hasSize(1);
            Decision decision = two.decide(wire("k"));
            assertThat(decision.effect())
                    .isEqualTo(resolved.get(0).state() == Approval.State.APPROVED ? Effect.CONTINUE : Effect.STOP);
            if (decision instanceof Decision.Allowed allowed) {
                allowed.permit().release("not needed");
            }
        }

        assertThat(check()).isEmpty();
        assertThat(verify()).isEmpty();
    }

    @Test
    void decide_whileOthersWaitAndAreAnswered_eachGetsItsOwnAnswer() throws Exception {
        try (Guard guard = guard()) {
            for (int i = 0; i < 16; i++) {
                guard.decide(wire("k" + i));
            }

            List<Decision> decisions = inParallel(i -> () -> {
                if (i % 4 == 0) {
                    guard.approve("acme", "k" + i, LEAD, "right");
                } else if (i % 4 == 1) {
                    guard.deny("acme", "k" + i, LEAD, "wrong");
                } else if (i % 4 == 2) {
                    return guard.decide(Action.toolCall("other").tenant("acme").build());
                }
                return guard.decide(wire("k" + i));
            });

            for (int i = 0; i < 16; i++) {
                assertThat(decisions.get(i).effect())
                        .isEqualTo(List.of(Effect.CONTINUE, Effect.STOP, Effect.CONTINUE, Effect.REQUIRE_APPROVAL)
                                .get(i % 4));
            }
            assertThat(guard.balances("acme").get(0).held()).hasToString("4.00 USD");
        }

        assertThat(check()).isEmpty();
        assertThat(verify()).isEmpty();
    }

    @Test
    void approve_writesNoNameButWhereItCanBeErased() throws SQLException {
        try (Guard guard = guard()) {
            guard.decide(wire("k"));
            guard.deny("acme", "k", LEAD, "wrong");
            assertThat(guard.decide(wire("k")).reasons())
                    .extracting(Reason::code)
                    .containsExactly(ReasonCode.APPROVAL_DENIED);
            assertThatThrownBy(() -> guard.approve("acme", "other", LEAD, "right"))
                    .isInstanceOf(ApprovalException.class);
        }

        assertThat(holding("Lea Lead")).containsExactly("personal_value");
    }

    @Test
    void check_answerToAnApprovalTurnedRound_isNamed() throws SQLException {
        try (Guard guard = guard()) {
            guard.decide(wire("k"));
            guard.deny("acme", "k", LEAD, "wrong");
        }
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
            assertThat(statement.executeUpdate("""
                    update spendguard.idempotency
                       set answer = convert_to(replace(convert_from(answer, 'UTF8'), 'DENIED', 'APPROVED'), 'UTF8')
                     where operation = 'APPROVE'
                    """)).isEqualTo(1);
        }

        assertThat(check())
                .singleElement()
                .asString()
                .startsWith("ANSWERS_ARE_THE_EVENTS tenant 'acme' operation APPROVE 'k'")
                .contains("Its answer for replays does not say what its event ");
    }

    private List<LedgerCheck.Finding> check() {
        return LedgerCheck.run(TestLedgers.application(database), null).findings();
    }

    private List<Finding> verify() {
        Path file = folder.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            EvidenceExport.from(ledger).contract(CONTRACT).write(key, Clock.systemUTC(), file);
        }
        return Verifier.verify(file, Anchors.of(key.verificationKey())).findings();
    }

    /** The tables with a row that shows the text in some column, bytes read as text. */
    private List<String> holding(String text) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            List<String> all = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery(
                    "select tablename from pg_catalog.pg_tables where schemaname = 'spendguard' order by 1")) {
                while (rows.next()) {
                    all.add(rows.getString(1));
                }
            }
            String hex = toHex(text);
            for (String table : all) {
                try (ResultSet found = statement.executeQuery("select count(*) from spendguard." + table
                        + " as shown where shown::text like '%" + text + "%' or shown::text like '%" + hex + "%'")) {
                    found.next();
                    if (found.getLong(1) > 0) {
                        tables.add(table);
                    }
                }
            }
        }
        return tables;
    }

    private static String toHex(String text) {
        StringBuilder hex = new StringBuilder();
        text.chars().forEach(each -> hex.append(Integer.toHexString(each)));
        return hex.toString();
    }

    private Guard guard() {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(key)
                .build();
    }

    private static Action wire(String key) {
        return Action.toolCall("wire")
                .tenant("acme")
                .key(key)
                .cost(Money.parse("1.00 USD"))
                .build();
    }

    private static <T> List<T> inParallel(IntFunction<Callable<T>> task) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(16);
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> future :
                    pool.invokeAll(IntStream.range(0, 16).mapToObj(task).toList())) {
                results.add(future.get());
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }
}
