package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.evidence.Receipts;
import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Usage;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The auditor's whole way: a real ledger, exported, verified, and tampered with in between. */
class EvidenceCommandsTest {
    private static final String ROLE = "spendguard_cli_app";
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: one-dollar, tenant: acme}
            spec:
              budgets:
                - {id: daily, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
            """;

    private final Database database =
            EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);
    private final DataSource application = database.dataSourceFor(ROLE, "spendguard_app");

    @TempDir
    Path directory;

    private final List<String> receipts = new ArrayList<>();
    private Path key;
    private Path anchors;
    private Path contract;
    private Path evidence;

    @BeforeEach
    void spend() throws IOException {
        key = directory.resolve("key.pem");
        anchors = directory.resolve("anchors.json");
        contract = Files.writeString(directory.resolve("contract.yaml"), CONTRACT);
        evidence = directory.resolve("evidence.zip");
        Ed25519Signer signer = Ed25519Signer.loadOrCreate(key, anchors);
        try (Guard guard = Guard.builder()
                .contract(Contract.load(contract))
                .ledger(PostgresLedger.open(application))
                .signer(signer)
                .build()) {
            for (int i = 0; i < 2; i++) {
                Decision decision = guard.decide(call());
                receipts.add(Receipts.toLine(decision.receipt().orElseThrow()));
                if (i == 0) {
                    decision.orThrow().commit(Usage.of(8_000, 16_000));
                } else {
                    decision.orThrow().release("not needed");
                }
            }
        }
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void verify_html_writesThePageBesideTheAnswer() throws IOException {
        export();
        Path page = directory.resolve("report.html");

        Console verified =
                Console.run("verify", evidence.toString(), "--anchors", anchors.toString(), "--html", page.toString());

        assertThat(verified.exitCode()).isZero();
        assertThat(page).content().contains("<b>Verified</b>", "0.18 USD", "evidence.zip");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .as("nothing unfinished is left behind")
                    .noneMatch(name -> name.endsWith(".part"));
        }
    }

    @Test
    void export_tenantThatHasNoEvent_writesNothing() {
        Console exported = export("--tenant", "acne");

        assertThat(exported.exitCode()).isEqualTo(2);
        assertThat(exported.err())
                .isEqualTo("spendguard: Tenant 'acne' is not known here: there are 'acme'. Name one of these.\n");
        assertThat(evidence).doesNotExist();
    }

    @Test
    void verify_htmlWhereNothingCanBeWritten_cannotRun() {
        export();
        Path page = directory.resolve("nowhere").resolve("report.html");

        Console verified =
                Console.run("verify", evidence.toString(), "--anchors", anchors.toString(), "--html", page.toString());

        assertThat(verified.exitCode()).isEqualTo(2);
        assertThat(verified.err()).contains("Report " + page + " cannot be written", "Name a file in a folder");
    }

    @Test
    void exportAndVerify_untouchedLedger_isVerified() {
        Console exported = export();
        Console verified = verify();

        assertThat(exported.err()).isEmpty();
        assertThat(exported.exitCode()).isZero();
        assertThat(exported.out())
                .isEqualTo("evidence: exported, 8 events, 1 streams, signed by "
                        + Ed25519Signer.load(key).keyId() + ", to " + evidence + "\n");
        assertThat(verified.out()).endsWith("\nevidence: verified, 8 events, 0 findings\n");
        assertThat(verified.out()).containsPattern("acme +daily +- +.*1\\.00 USD +0\\.18 USD +0\\.00 USD +0\\.82 USD");
        assertThat(verified.exitCode()).isZero();
        assertThat(verified.err()).isEmpty();
    }

    @Test
    void verify_ledgerEditedByItsOwner_namesTheEvent() throws SQLException {
        String victim = tamper("UPDATE spendguard.outbox SET payload ="
                + " convert_to(replace(convert_from(payload, 'UTF8'), '0.18 USD', '0.08 USD'), 'UTF8')"
                + " WHERE type = 'io.spendguard.outcome.v1' AND seq ="
                + " (SELECT min(seq) FROM spendguard.outbox WHERE type = 'io.spendguard.outcome.v1')"
                + " RETURNING event_id");
        export();

        Console verified = verify();

        assertThat(verified.exitCode()).isEqualTo(1);
        assertThat(verified.out())
                .contains("\nevidence: NOT verified, 8 events, 1 findings\n  EVENT_EDITED events/acme/");
        assertThat(verified.out()).contains("Event " + victim + " (io.spendguard.outcome.v1, position ");
    }

    @Test
    void verify_ledgerRowDeletedByItsOwner_namesThePosition() throws SQLException {
        tamper("DELETE FROM spendguard.outbox WHERE seq = 4 RETURNING event_id");
        export();

        Console verified = verify();

        assertThat(verified.exitCode()).isEqualTo(1);
        assertThat(verified.out())
                .contains("\n  EVENT_MISSING events/acme/")
                .contains(" Event 4 is missing from stream ");
    }

    @Test
    void verify_receiptsOfAWholeStreamThatItsOwnerDropped_nameWhatIsLost() throws IOException, SQLException {
        Path handedOut = Files.write(directory.resolve("receipts.jsonl"), receipts);
        export();
        Console before = Console.run(
                "verify", evidence.toString(), "--anchors", anchors.toString(), "--receipts", handedOut.toString());
        Files.delete(evidence);
        tamper("WITH gone AS (DELETE FROM spendguard.outbox RETURNING event_id) SELECT min(event_id::text) FROM gone");
        spend();
        receipts.subList(0, 2).forEach(line -> assertThat(line).contains("\"tenant\":\"acme\""));
        export();

        Console unnoticed = verify();
        Console after = Console.run(
                "verify", evidence.toString(), "--anchors", anchors.toString(), "--receipts", handedOut.toString());

        assertThat(before.out())
                .contains("note: receipts: 2 of 2 stand in the package\n")
                .endsWith("8 events, 0 findings\n");
        assertThat(unnoticed.out()).doesNotContain("TAIL_LOST");
        assertThat(after.exitCode()).isEqualTo(1);
        assertThat(after.out())
                .contains("\n  TAIL_LOST receipts.jsonl:1 Event ", "\n  TAIL_LOST receipts.jsonl:2 Event ");
    }

    @Test
    void exportAndVerify_json_areOneObjectEach() {
        Console exported = export("--json", "--tenant", "acme", "--contract", contract.toString());
        Console verified = Console.run("verify", evidence.toString(), "--anchors", anchors.toString(), "--json");

        JsonObject export = json(exported);
        assertThat(export.integer("events")).isEqualTo(8);
        assertThat(EvidenceReader.open(application).count(null))
                .as("what a progress bar goes up to")
                .isEqualTo(8);
        assertThat(EvidenceReader.open(application).count("nobody")).isZero();
        assertThat(export.string("tenant")).isEqualTo("acme");
        JsonObject report = json(verified);
        assertThat(report.bool("verified")).isTrue();
        assertThat(report.integer("findingCount")).isZero();
        assertThat(report.string("money")).isEqualTo("FULL");
        assertThat(report.objects("accounts").get(0).string("spent")).isEqualTo("0.18 USD");
        assertThat(report.string("createdAt")).isEqualTo("2026-11-23T12:00:00Z");
    }

    @Test
    void exportAndVerify_filtered_saysWhatIsNotProven() throws IOException {
        Console exported =
                export("--tenant", "acme", "--run", "run-1", "--budget", "daily", "--from", "2026-01-01T00:00:00Z");
        Console verified = verify();
        JsonObject report = json(Console.run("verify", evidence.toString(), "--anchors", anchors.toString(), "--json"));

        assertThat(exported.out())
                .startsWith(
                        "note: an excerpt (tenant 'acme', run 'run-1', budget 'daily', from 2026-01-01T00:00:00Z) proves"
                                + " each event it holds, but neither that there are no others nor balances\nevidence: exported, 4 events");
        assertThat(verified.exitCode()).isZero();
        assertThat(verified.out())
                .contains("costs: 1 and 2 estimates re-derived")
                .endsWith("""

                        evidence: verified (filtered), 4 events, 0 findings
                        NOT PROVEN (filtered): completeness, chain continuity, balances
                        """);
        assertThat(report.strings("notProven")).containsExactly("completeness", "chain continuity", "balances");
        assertThat(report.string("money")).isEqualTo("FILTERED");
        assertThat(report.object("filter").string("run")).isEqualTo("run-1");
    }

    @Test
    void export_filterThatMatchesNothing_cannotRunAndNamesIt() {
        Console exported = export("--run", "run-2", "--until", "2026-01-01T00:00:00Z");

        assertThat(exported.exitCode()).isEqualTo(2);
        assertThat(exported.err())
                .isEqualTo(
                        "spendguard: No event matches the filter (run 'run-2', until 2026-01-01T00:00:00Z), so there is"
                                + " nothing to prove. Widen it.\n");
        assertThat(evidence).doesNotExist();
    }

    @Test
    void verify_strangersAnchors_isNotVerified() throws IOException {
        export();
        Path strangers = directory.resolve("strangers.json");
        Anchors.of(Ed25519Signer.generate().verificationKey()).write(strangers);

        Console verified = Console.run("verify", evidence.toString(), "--anchors", strangers.toString());

        assertThat(verified.exitCode()).isEqualTo(1);
        assertThat(verified.out()).contains("evidence: NOT verified, 8 events, 2 findings\n  KEY_NOT_ANCHORED ");
    }

    @Test
    void verify_missingAnchors_cannotRun() {
        Path none = directory.resolve("none.json");

        Console verified = Console.run("verify", evidence.toString(), "--anchors", none.toString());

        assertThat(verified.exitCode()).isEqualTo(2);
        assertThat(verified.out()).isEmpty();
        assertThat(verified.err())
                .isEqualTo("spendguard: Anchors file " + none
                        + " does not exist. Take it from where the key was made, not from the evidence.\n");
    }

    @Test
    void verify_missingPackage_cannotRun() {
        Console verified = Console.run("verify", evidence.toString(), "--anchors", anchors.toString());

        assertThat(verified.exitCode()).isEqualTo(2);
        assertThat(verified.err())
                .isEqualTo("spendguard: Evidence package " + evidence + " does not exist. Name the zip itself.\n");
    }

    @Test
    void export_existingFile_cannotRunAndKeepsIt() throws IOException {
        Files.writeString(evidence, "old");

        Console exported = export();

        assertThat(exported.exitCode()).isEqualTo(2);
        assertThat(exported.err())
                .isEqualTo("spendguard: Evidence package " + evidence
                        + " exists already: evidence is never overwritten. Choose another name.\n");
        assertThat(evidence).hasContent("old");
    }

    @Test
    void export_missingKey_cannotRunAndMakesNone() {
        Path none = directory.resolve("none.pem");

        Console exported = Console.run(
                "evidence",
                "export",
                "--url",
                database.jdbcUrl(),
                "--key",
                none.toString(),
                "--out",
                evidence.toString());

        assertThat(exported.exitCode()).isEqualTo(2);
        assertThat(exported.err())
                .isEqualTo("spendguard: Key file " + none
                        + " does not exist. Make one with: openssl genpkey -algorithm ed25519 -out " + none + "\n");
        assertThat(none).doesNotExist();
    }

    @Test
    void export_unreachableDatabase_cannotRunInOneLineWithoutThePassword() {
        Console exported = Console.run(
                Map.of("SECRET", "hunter2"),
                "evidence",
                "export",
                "--url",
                "jdbc:postgresql://127.0.0.1:1/nowhere",
                "--user",
                ROLE,
                "--password-env",
                "SECRET",
                "--key",
                key.toString(),
                "--out",
                evidence.toString());

        assertThat(exported.exitCode()).isEqualTo(2);
        assertThat(exported.out()).isEmpty();
        assertThat(exported.err())
                .startsWith("spendguard: Ledger cannot be opened: ")
                .doesNotContain("hunter2");
        assertThat(exported.err().lines()).hasSize(1);
        assertThat(evidence).doesNotExist();
    }

    @Test
    void export_malformedUrl_cannotRunAndDoesNotEchoIt() {
        Console exported = Console.run(
                "evidence",
                "export",
                "--url",
                "postgres://app:hunter2@db/ledger",
                "--key",
                key.toString(),
                "--out",
                evidence.toString());

        assertThat(exported.exitCode()).isEqualTo(2);
        assertThat(exported.err())
                .isEqualTo("spendguard: Option --url is no URL of a PostgreSQL database:"
                        + " it has the form jdbc:postgresql://HOST/DATABASE. Correct it.\n");
    }

    @Test
    void export_passwordFromFile_isRead() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), EmbeddedPostgres.PASSWORD + "\n");

        Console exported = Console.run(
                "evidence",
                "export",
                "--url",
                database.jdbcUrl(),
                "--user",
                ROLE,
                "--password-file",
                secret.toString(),
                "--key",
                key.toString(),
                "--out",
                evidence.toString());

        assertThat(exported.err()).isEmpty();
        assertThat(exported.exitCode()).isZero();
    }

    @Test
    void export_unsetPasswordVariable_cannotRun() {
        Console exported = Console.run(
                "evidence",
                "export",
                "--url",
                database.jdbcUrl(),
                "--password-env",
                "UNSET",
                "--key",
                key.toString(),
                "--out",
                evidence.toString());

        assertThat(exported.exitCode()).isEqualTo(2);
        assertThat(exported.err())
                .isEqualTo("spendguard: Environment variable UNSET is not set, but --password-env names it."
                        + " Set it or use --password-file.\n");
    }

    private Console export(String... more) {
        String[] args = {
            "evidence", "export", "--url", database.jdbcUrl(), "--key", key.toString(), "--out", evidence.toString()
        };
        String[] all = Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        return Console.run(Map.of("PGUSER", ROLE, "PGPASSWORD", EmbeddedPostgres.PASSWORD), all);
    }

    private Console verify() {
        return Console.run("verify", evidence.toString(), "--anchors", anchors.toString());
    }

    /** As the superuser, with every guard of the tables off; returns what the statement returns. */
    private String tamper(String statement) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement sql = connection.createStatement()) {
            sql.execute("SET session_replication_role = replica");
            var rows = sql.executeQuery(statement);
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private static Action call() {
        return Action.llmCall("openai", "gpt-4o")
                .tenant("acme")
                .run("run-1")
                .inputTokens(8_000)
                .maxOutputTokens(16_000)
                .build();
    }

    private static JsonObject json(Console console) {
        assertThat(console.exitCode()).isZero();
        return JsonObject.parse(console.out().strip().getBytes(StandardCharsets.UTF_8));
    }
}
