package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.jdbc.EvidenceLog;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Namespace;
import io.spendguard.model.Action;
import io.spendguard.model.Usage;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import io.spendguard.verify.Verifier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settling from a provider's file, on the real database. */
@SuppressWarnings("NullAway.Init") // set before each test
class SettleCommandTest {
    private static final String ROLE = "spendguard_settler_app";
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: team, tenant: acme}
            spec:
              budgets:
                - {id: team, limit: 1.00 USD, window: {type: total}, reservation: {ttl: PT0.000001S}}
            """, "team.yaml");

    private final Database database =
            EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);
    private final DataSource application = database.dataSourceFor(ROLE, "spendguard_app");

    @TempDir
    private Path folder;

    private Ed25519Signer key;

    @BeforeEach
    void spend() {
        key = Ed25519Signer.loadOrCreate(folder.resolve("key.pem"));
        try (Guard guard = Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(application))
                .signer(key)
                .sweepEvery(Duration.ZERO)
                .build()) {
            guard.decide(call("expired")).orThrow();
            guard.sweep();
            guard.decide(call("estimated")).orThrow().commit(Usage.unknown());
            guard.decide(call("released")).orThrow().release("not sent");
            guard.decide(call("open")).orThrow();
        }
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void settle_postsDifferences_namesWhatDoesNotFit_andBooksLogAndEvidenceAgree() throws IOException {
        Path file = write("usage.csv", """
                key,inputTokens,outputTokens,cost,state,reference
                expired,8000,1000,,,"line 1, page 2"
                estimated,8000,2000,,provider_reported,
                estimated,,,0.05 USD,invoiced,inv-7
                released,8000,1000,,invoiced,inv-8
                open,8000,1000,,invoiced,inv-9
                nobody,8000,1000,,invoiced,inv-10
                """);

        Console first = settle(file);
        Console again = settle(file);

        assertThat(first.err()).isEmpty();
        assertThat(first.exitCode()).isEqualTo(1);
        assertThat(first.out()).isEqualTo("""
                        settle: 6 calls, 2 settled, 2 corrected, 1 released but billed, 1 unknown decision
                          released but billed: 'released' (inv-8), recorded 0.03 USD
                          unknown decision: 'nobody' (inv-10)
                        """);
        assertThat(again.out())
                .startsWith("settle: 6 calls, 3 unchanged, 1 released but billed, 1 unknown decision, 1 outranked\n");
        try (PostgresLedger ledger = PostgresLedger.open(application)) {
            assertThat(ledger.accounts("acme", Namespace.ENFORCE))
                    .singleElement()
                    .satisfies(state -> assertThat(state.amount(state.spent())).hasToString("0.14 USD"))
                    .satisfies(state -> assertThat(state.held()).isZero());
        }
        assertThat(Console.run(environment(), "ledger", "check", "--url", database.jdbcUrl(), "--user", ROLE)
                        .out())
                .endsWith(", 0 findings\n");
        assertThat(verify()).isEmpty();
    }

    @Test
    void cost_changesOfOneCall_areRecorded_andBooksLogAndEvidenceAgree() {
        Console refunded = cost("refund", "estimated", "0.08 USD", "credit note 9");
        Console again = cost("refund", "estimated", "0.08 USD", "credit note 9");
        Console disputed = cost("dispute", "estimated", "0.04 USD", "case 1");
        Console won = cost("resolve", "estimated", "won", "case 1");
        Console compensated = cost("compensate", "released", "0.03 USD", "was sent after all");
        Console refused = cost("refund", "open", "0.01 USD", "credit note 10");

        assertThat(refunded.out()).matches("cost: refunded, 0\\.10 USD recorded, event [0-9a-f-]{36}\n");
        assertThat(again.out()).startsWith("cost: was recorded before, refunded, 0.10 USD recorded");
        assertThat(disputed.out()).startsWith("cost: dispute opened, 0.10 USD recorded, 0.04 USD disputed, event ");
        assertThat(won.out()).startsWith("cost: dispute won, 0.06 USD recorded, event ");
        assertThat(compensated.out()).startsWith("cost: compensated, 0.03 USD recorded, event ");
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err())
                .isEqualTo(
                        "spendguard: Call 'open' of tenant 'acme' is not settled: only what is recorded can be changed."
                                + " Settle it first.\n");
        try (PostgresLedger ledger = PostgresLedger.open(application)) {
            AccountState state = ledger.accounts("acme", Namespace.ENFORCE).get(0);
            assertThat(state.amount(state.spent())).hasToString("0.27 USD");
        }
        assertThat(Console.run(environment(), "ledger", "check", "--url", database.jdbcUrl(), "--user", ROLE)
                        .out())
                .endsWith(", 0 findings\n");
        assertThat(verify()).isEmpty();
    }

    private Console cost(String command, String call, String value, String reference) {
        return Console.run(
                environment(),
                "cost",
                command,
                call,
                value,
                "--reference",
                reference,
                "--tenant",
                "acme",
                "--signing-key",
                folder.resolve("key.pem").toString(),
                "--url",
                database.jdbcUrl(),
                "--user",
                ROLE);
    }

    @Test
    void settle_jsonLines_areReadToo() throws IOException {
        Path file = write("usage.jsonl", """
                {"key":"estimated","inputTokens":8000,"outputTokens":1000}
                {"key":"open","cost":"0.10 USD","state":"invoiced","reference":"inv-9"}
                """);

        Console settled = Console.run(
                environment(),
                "settle",
                "--from",
                file.toString(),
                "--tenant",
                "acme",
                "--signing-key",
                folder.resolve("key.pem").toString(),
                "--url",
                database.jdbcUrl(),
                "--user",
                ROLE,
                "--json");

        JsonObject answer = JsonObject.parse(settled.out().getBytes(StandardCharsets.UTF_8));
        assertThat(settled.exitCode()).isZero();
        assertThat(answer.object("results").integer("corrected")).isOne();
        assertThat(answer.object("results").integer("settled")).isOne();
    }

    @Test
    void settle_fileWithFaults_namesAllOfThemAndWritesNothing() throws IOException {
        Path file = write("usage.csv", """
                key,inputTokens,outputTokens,state
                estimated,8000,many,
                estimated,8000,1000,paid
                ,8000,1000,
                estimated,8000
                """);

        Console failed = settle(file);

        assertThat(failed.exitCode()).isEqualTo(2);
        assertThat(failed.err())
                .isEqualTo(
                        "spendguard: usage.csv:2 outputTokens is 'many': a whole number of tokens is expected. Correct"
                                + " it. usage.csv:3 state is 'paid': provider_reported or invoiced is expected. Correct it."
                                + " usage.csv:4 'key' is missing: it is the action's key or its decision's id. Add it."
                                + " usage.csv:5 2 fields for 4 columns. Give one for each.\n");
        try (PostgresLedger ledger = PostgresLedger.open(application)) {
            assertThat(ledger.accounts("acme", Namespace.ENFORCE).get(0).spent())
                    .isEqualTo(360_000_000L);
        }
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private Console settle(Path file) {
        return Console.run(
                environment(),
                "settle",
                "--from",
                file.toString(),
                "--tenant",
                "acme",
                "--signing-key",
                folder.resolve("key.pem").toString(),
                "--url",
                database.jdbcUrl(),
                "--user",
                ROLE);
    }

    private List<?> verify() {
        EvidenceLog.open(database.dataSourceFor("spendguard_settler_log", "spendguard_log"))
                .checkpoint("example.com/log", key);
        Path file = folder.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(application)) {
            EvidenceExport.from(ledger)
                    .log(EvidenceLog.open(application).export("acme"))
                    .tenant("acme")
                    .contract(CONTRACT)
                    .write(key, Clock.systemUTC(), file);
        }
        return Verifier.verify(file, Anchors.of(key.verificationKey())).findings();
    }

    private static Map<String, String> environment() {
        return Map.of("PGPASSWORD", EmbeddedPostgres.PASSWORD);
    }

    private static Action call(String actionKey) {
        return Action.llmCall("openai", "gpt-4o")
                .inputTokens(8_000)
                .maxOutputTokens(16_000)
                .key(actionKey)
                .build();
    }
}
