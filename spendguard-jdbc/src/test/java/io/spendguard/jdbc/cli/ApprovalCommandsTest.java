package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Approvals and denials from the shell, on the real database. */
@SuppressWarnings("NullAway.Init") // set before each test
class ApprovalCommandsTest {
    private static final String ROLE = "spendguard_approver_app";
    private static final Action WIRE =
            Action.toolCall("wire").tenant("acme").key("wire-17").build();
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: approvals, tenant: acme}
            spec:
              budgets:
                - {id: calls, limit: 10 calls, window: {type: total}}
              rules:
                - id: by_an_engineer
                  when: 'action.tool == "wire"'
                  at: [tool.call.pre]
                  effect: {decision: require_approval, approval: {role: platform-eng, ttl: PT2H}}
                  reasonCode: WIRE
            """, "approvals.yaml");

    private final Database database =
            EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);
    private final DataSource application = database.dataSourceFor(ROLE, "spendguard_app");

    @TempDir
    private Path folder;

    private Ed25519Signer key;
    private UUID decision;

    @BeforeEach
    void ask() {
        key = Ed25519Signer.loadOrCreate(folder.resolve("key.pem"));
        try (Guard guard = guard()) {
            Decision asked = guard.decide(WIRE);
            assertThat(asked).isInstanceOf(Decision.RequireApproval.class);
            decision = asked.decisionId();
        }
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void approve_permitsTheAttempt() {
        Console approved = run("approve", "platform-eng", "invoice 17 is right");

        assertThat(approved.err()).isEmpty();
        assertThat(approved.exitCode()).isZero();
        assertThat(approved.out())
                .matches("approval: approved 'wire-17' \\(by_an_engineer\\), decision " + decision
                        + ", event [0-9a-f-]{36}\n");
        try (Guard guard = guard()) {
            assertThat(guard.decide(WIRE).effect()).isEqualTo(Effect.CONTINUE);
        }
        assertThat(run("approve", "platform-eng", "invoice 17 is right").out())
                .startsWith("approval: was recorded before, approved 'wire-17' (by_an_engineer), decision " + decision);
    }

    @Test
    void deny_stopsIt_andIsToldAsJson() {
        JsonObject denied = JsonObject.parse(
                run("deny", "tenant-admin", "not ours to pay", "--json").out().getBytes(StandardCharsets.UTF_8));

        assertThat(denied.string("state")).isEqualTo("DENIED");
        assertThat(denied.string("decision")).isEqualTo(decision.toString());
        assertThat(denied.objects("covers")).hasToString("[{\"code\":\"WIRE\",\"rule\":\"by_an_engineer\"}]");
        assertThat(denied.bool("replayed")).isFalse();
        try (Guard guard = guard()) {
            assertThat(guard.decide(WIRE).reasons())
                    .extracting(Reason::code)
                    .containsExactly(ReasonCode.APPROVAL_DENIED);
        }
    }

    @Test
    void refusals_exitWithTwoAndSayWhy() {
        Console low = run("approve", "team-lead", "right");
        Console none = run("approve", "boss", "right");
        run("approve", "platform-eng", "right");
        Console otherwise = run("deny", "platform-eng", "wrong");

        assertThat(List.of(low.exitCode(), none.exitCode(), otherwise.exitCode()))
                .containsOnly(2);
        assertThat(low.err())
                .isEqualTo("spendguard: Decision " + decision
                        + " of action 'wire-17' cannot be resolved by a team-lead: it"
                        + " asks for a platform-eng. Ask somebody with that role.\n");
        assertThat(none.err())
                .isEqualTo("spendguard: Role 'boss' is none: use team-lead, platform-eng, tenant-admin.\n");
        assertThat(otherwise.err())
                .startsWith("spendguard: Decision of action 'wire-17' was approved or denied before, ");
    }

    private Console run(String verb, String role, String reason, String... more) {
        List<String> all = new ArrayList<>(List.of("approval", verb, "--tenant", "acme", "--key", "wire-17"));
        all.addAll(List.of("--by", "Eve", "--role", role, "--reason", reason));
        all.addAll(List.of("--signing-key", folder.resolve("key.pem").toString()));
        all.addAll(List.of("--url", database.jdbcUrl(), "--user", ROLE));
        all.addAll(List.of(more));
        return Console.run(Map.of("PGPASSWORD", EmbeddedPostgres.PASSWORD), all.toArray(String[]::new));
    }

    private Guard guard() {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(application))
                .signer(key)
                .build();
    }
}
