package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
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
    private static final String CONTRACT_TEXT = """
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
            """;
    private static final Contract CONTRACT = Contract.parse(CONTRACT_TEXT, "approvals.yaml");

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

    @Test
    void list_showsWhatWaits_untilItIsAnswered() {
        try (Guard guard = guard()) {
            guard.decide(Action.toolCall("search").tenant("acme").build());
            guard.decide(Action.toolCall("wire")
                    .tenant("acme")
                    .run("r-9")
                    .key("wire-18")
                    .label("note", "\"effect\":\"require_approval\"")
                    .cost(Money.parse("0.50 USD"))
                    .build());
        }

        Console both = list();
        run("approve", "platform-eng", "invoice 17 is right");
        JsonObject left =
                JsonObject.parse(list("--tenant", "acme", "--json").out().getBytes(StandardCharsets.UTF_8));
        Console nobodys = list("--tenant", "nobody");

        assertThat(both.err()).isEmpty();
        assertThat(both.out().lines().map(line -> line.replaceAll(" +", " ")))
                .satisfiesExactly(
                        head -> assertThat(head).isEqualTo("TENANT KEY WHAT COST ROLE UNTIL ELSE ASKED BY"),
                        first -> assertThat(first)
                                .matches("acme wire-17 wire - platform-eng [0-9TZ:-]+ stop by_an_engineer"),
                        second -> assertThat(second)
                                .matches("acme wire-18 wire of run r-9 0.50 USD platform-eng [0-9TZ:-]+ stop"
                                        + " by_an_engineer"));
        assertThat(left.objects("pending")).singleElement().satisfies(pending -> {
            assertThat(pending.string("key")).isEqualTo("wire-18");
            assertThat(pending.string("run")).isEqualTo("r-9");
            assertThat(pending.objects("reasons").get(0).string("code")).isEqualTo("WIRE");
        });
        assertThat(nobodys.exitCode()).isEqualTo(2);
        assertThat(nobodys.err()).contains("Tenant 'nobody' is not known here: there are 'acme'.");
    }

    @Test
    void list_whatIsOver_orInShadowMode_orAnswered_waitsForNobody() {
        run("deny", "platform-eng", "not ours to pay");
        try (Guard guard = Guard.builder()
                .contract(Contract.parse(
                        CONTRACT_TEXT.replace("name: approvals", "name: brief").replace("PT2H", "PT0.001S"),
                        "brief.yaml"))
                .ledger(PostgresLedger.open(application))
                .signer(key)
                .build()) {
            guard.decide(Action.toolCall("wire").tenant("acme").key("brief").build());
        }
        try (Guard guard = Guard.builder()
                .contract(Contract.parse(CONTRACT_TEXT.replace("spec:", "spec:\n  mode: shadow"), "shadow.yaml"))
                .ledger(PostgresLedger.open(application))
                .signer(key)
                .build()) {
            guard.decide(Action.toolCall("wire").tenant("acme").key("imagined").build());
        }

        assertThat(list("--tenant", "acme").out()).isEqualTo("approval: nothing waits\n");
        assertThat(list("--json").out()).isEqualTo("{\"pending\":[]}\n");
    }

    @Test
    void list_readsTheIndexOfWhatAsks() throws Exception {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set enable_seqscan = off");
            ResultSet plan = statement.executeQuery("explain select payload from spendguard.outbox event"
                    + " where event.type = 'io.spendguard.decision.v1'"
                    + " and position('\"effect\":\"require_approval\"'::bytea in event.payload) > 0");
            List<String> lines = new ArrayList<>();
            while (plan.next()) {
                lines.add(plan.getString(1));
            }
            assertThat(String.join("\n", lines)).contains("outbox_asking");
        }
    }

    private Console list(String... more) {
        List<String> all = new ArrayList<>(List.of("approval", "list", "--url", database.jdbcUrl(), "--user", ROLE));
        all.addAll(List.of(more));
        return Console.run(Map.of("PGPASSWORD", EmbeddedPostgres.PASSWORD), all.toArray(String[]::new));
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
