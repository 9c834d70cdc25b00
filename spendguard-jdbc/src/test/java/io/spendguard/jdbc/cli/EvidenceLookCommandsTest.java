package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.evidence.Receipts;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.CertifiedSigner;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Looking at events as they come, and at one of them closely. */
class EvidenceLookCommandsTest {
    private static final String ROLE = "spendguard_cli_look";
    private static final int WRITTEN = 8;

    private final Database database =
            EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);

    @TempDir
    private Path directory;

    private Path key;
    private Path anchors;
    private Decision settled;
    private Decision open;

    /** Opening, activation, account, two decisions, outcome, refusal, closing. */
    @BeforeEach
    void spend() {
        key = directory.resolve("key.pem");
        anchors = directory.resolve("anchors.json");
        Ed25519Signer.loadOrCreate(key, anchors);
        database.dataSourceFor(ROLE, "spendguard_app", "spendguard_log");
        try (Guard guard = guard()) {
            settled = guard.decide(search("1.00 USD"));
            settled.orThrow().commit(Money.parse("0.75 USD"));
            open = guard.decide(search("1.00 USD"));
            guard.decide(search("9.00 USD").toBuilder().run("r-2").build());
        }
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void tail_once_showsWhatIsThere() {
        Console all = onLedger("evidence", "tail", "--once");
        Console last = onLedger("evidence", "tail", "--once", "--last", "2", "--json");
        Console money = onLedger("evidence", "tail", "--once", "--tenant", "acme", "--money", "--limit", "3");

        assertThat(all.err()).isEmpty();
        assertThat(all.out().lines()).hasSize(WRITTEN);
        assertThat(all.out())
                .containsPattern("\\A[-0-9T:.Z]+  acme  stream\\.opened [-0-9a-f]{36}\n")
                .contains("  acme  contract.activated one\n")
                .contains("  acme  account.opened all, limit 2.00 USD\n")
                .contains("  acme  decision CONTINUE search, run r-1, all 1.00 USD, decision " + settled.decisionId()
                        + "\n")
                .contains("  acme  outcome COMMITTED, all 0.75 USD, decision " + settled.decisionId() + "\n")
                .contains("  acme  decision STOP search, run r-2, BUDGET_EXHAUSTED, ");
        assertThat(last.out().lines().map(EvidenceLookCommandsTest::type))
                .containsExactly("io.spendguard.decision.v1", "io.spendguard.stream.closed.v1");
        assertThat(money.out().lines().map(line -> line.split(" +", -1)[2]))
                .containsExactly("contract.activated", "account.opened", "decision");
    }

    @Test
    void tail_following_showsWhatComes_untilItsLimit() {
        CompletableFuture<Console> following = CompletableFuture.supplyAsync(() ->
                onLedger("evidence", "tail", "--limit", Integer.toString(WRITTEN + 4), "--every", "PT0.02S", "--json"));

        try (Guard guard = guard()) {
            guard.decide(search("0.10 USD")).orThrow().release("not needed");
        }

        assertThat(following.join().out().lines().skip(WRITTEN).map(EvidenceLookCommandsTest::type))
                .containsExactly(
                        "io.spendguard.stream.opened.v1",
                        "io.spendguard.contract.activated.v1",
                        "io.spendguard.decision.v1",
                        "io.spendguard.outcome.v1");
    }

    /** Mostly a slip of the finger, which must not look like a tenant without a fault. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "evidence tail",
                "evidence tail --once --json",
                "evidence show 01920000-0000-7000-8000-000000000001",
                "evidence export --key key.pem --out e.zip",
                "evidence export --run r-1 --key key.pem --out e.zip",
                "log prove --event 01920000-0000-7000-8000-000000000001",
                "budget list",
                "budget show all",
                "budget exposure",
                "ledger check"
            })
    void anyCommand_unknownTenant_namesThoseThereAre(String command) {
        Console asked = onLedger((command.replace("key.pem", key.toString())
                                .replace("e.zip", directory.resolve("e.zip").toString())
                        + " --tenant acne")
                .split(" ", -1));

        assertThat(asked.exitCode()).isEqualTo(2);
        assertThat(asked.err())
                .isEqualTo("spendguard: Tenant 'acne' is not known here: there are 'acme'. Name one of these.\n");
    }

    @Test
    void show_aDecision_tellsWhatBecameOfItAndThatItsProofsHold() throws IOException {
        Path receipts = Files.writeString(
                directory.resolve("receipts"), Receipts.toLine(settled.receipt().orElseThrow()) + "\n");
        String event = settled.receipt().orElseThrow().event().toString();

        Console byDecision = show(
                settled.decisionId().toString(), "--anchors", anchors.toString(), "--receipts", receipts.toString());
        onLedger("log", "checkpoint", "--key", key.toString(), "--origin", "example.com/spendguard");
        JsonObject byEvent = json(show(event, "--json"));
        Console unsettled = show(open.decisionId().toString());

        assertThat(byDecision.err()).isEmpty();
        assertThat(byDecision.exitCode()).isZero();
        assertThat(byDecision.out())
                .contains("  acme  decision CONTINUE search, ")
                .contains("\n  bytes: are those of the digest\n")
                .contains("\n  chain: follows from position ")
                .contains(", which is anchored\n")
                .contains("\n  log: under no checkpoint yet\n")
                .contains("\n  receipt: says the same\n")
                .containsPattern("\nof the same decision\n  .* outcome COMMITTED, all 0\\.75 USD, decision ")
                .containsPattern("\n  data\\.decision\\.effect +continue\n")
                .containsPattern("\n  data\\.action\\.tool +search\n");
        assertThat(byEvent.object("event").string("id")).isEqualTo(event);
        assertThat(byEvent.objects("checks").stream().map(check -> check.string("says")))
                .anyMatch(says -> says.endsWith("under checkpoint 1 of example.com/spendguard"));
        assertThat(byEvent.objects("related")).hasSize(1);
        assertThat(unsettled.out()).containsPattern("\nno outcome yet: held until [-0-9T:.Z]+\n");
    }

    @Test
    void show_anEventThatWasTamperedWith_saysWhatDoesNotHold() throws Exception {
        Path other = directory.resolve("other.json");
        Ed25519Signer.loadOrCreate(directory.resolve("other.pem"), other);
        Path receipts = Files.writeString(
                directory.resolve("receipts"), Receipts.toLine(settled.receipt().orElseThrow()) + "\n");
        tamper("update spendguard.outbox set payload ="
                + " convert_to(replace(convert_from(payload, 'UTF8'), '0.75', '0.05'), 'UTF8')"
                + " where type = 'io.spendguard.outcome.v1'");
        tamper("update spendguard.outbox set chain = sha256(chain) where event_id = '"
                + settled.receipt().orElseThrow().event() + "'");

        Console edited = show(eventOf("io.spendguard.outcome.v1"));
        Console moved = show(settled.decisionId().toString(), "--receipts", receipts.toString());
        Console foreign = show(open.decisionId().toString(), "--anchors", other.toString());

        assertThat(edited.exitCode()).isEqualTo(1);
        assertThat(edited.out()).contains("\n! bytes: are not those of the digest: it was edited\n");
        assertThat(moved.exitCode()).isEqualTo(1);
        assertThat(moved.out())
                .contains("\n! chain: does not follow from position ")
                .contains("\n! signature: is not what ed25519:")
                .contains("\n! receipt: says another place or chain value: two histories were written\n");
        assertThat(foreign.exitCode()).isEqualTo(1);
        assertThat(foreign.out()).contains(", which neither the anchors hold nor a root of theirs certified then\n");
    }

    @Test
    void show_anEventOfACertifiedKey_namesItsRoot_unlessThatIsRevoked() {
        Ed25519Signer root = Ed25519Signer.generate();
        Anchors trusted = Anchors.of(root.verificationKey());
        Path file = directory.resolve("root.json");
        trusted.write(file);
        Path revoking = directory.resolve("revoking.json");
        trusted.revoke(root.keyId(), 0).write(revoking);
        Decision certified;
        try (CertifiedSigner signer = CertifiedSigner.by(root).tenants("acme").open(Clock.systemUTC());
                Guard guard = guard(signer)) {
            certified = guard.decide(search("0.10 USD"));
        }

        Console shown = show(certified.decisionId().toString(), "--anchors", file.toString());
        Console revoked = show(certified.decisionId().toString(), "--anchors", revoking.toString());

        assertThat(shown.out()).contains(", certified by " + root.keyId() + "\n");
        assertThat(shown.exitCode()).isZero();
        assertThat(revoked.out()).contains(", revoked at checkpoint 0: export and verify what came before\n");
        assertThat(revoked.exitCode()).isEqualTo(1);
    }

    @Test
    void show_anUnknownId_saysWhereToTakeOneFrom() {
        Console unknown = show("00000000-0000-7000-8000-000000000000");

        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.err())
                .isEqualTo(
                        "spendguard: Tenant 'acme' has no event and no decision 00000000-0000-7000-8000-000000000000."
                                + " Take the id from: spendguard evidence tail\n");
    }

    private Guard guard() {
        return guard(Ed25519Signer.load(key));
    }

    private Guard guard(Signer signer) {
        return Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        kind: Contract
                        metadata: {name: one, tenant: acme}
                        spec:
                          budgets:
                            - {id: all, limit: 2.00 USD, window: {type: total}}
                        """, "one.yaml"))
                .ledger(PostgresLedger.open(database.dataSourceFor(ROLE)))
                .signer(signer)
                .sweepEvery(Duration.ZERO)
                .build();
    }

    private static Action search(String cost) {
        return Action.toolCall("search").run("r-1").cost(Money.parse(cost)).build();
    }

    private Console show(String id, String... options) {
        String[] command = Arrays.copyOf(new String[] {"evidence", "show", id, "--tenant", "acme"}, 5 + options.length);
        System.arraycopy(options, 0, command, 5, options.length);
        return onLedger(command);
    }

    private Console onLedger(String... command) {
        String[] all = Arrays.copyOf(command, command.length + 2);
        all[command.length] = "--url";
        all[command.length + 1] = database.jdbcUrl();
        return Console.run(Map.of("PGUSER", ROLE, "PGPASSWORD", EmbeddedPostgres.PASSWORD), all);
    }

    private String eventOf(String type) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement();
                var rows =
                        statement.executeQuery("select event_id from spendguard.outbox where type = '" + type + "'")) {
            rows.next();
            return rows.getString(1);
        }
    }

    private void tamper(String change) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
            assertThat(statement.executeUpdate(change)).isEqualTo(1);
        }
    }

    private static String type(String json) {
        return JsonObject.parse(json.getBytes(StandardCharsets.UTF_8)).string("type");
    }

    private static JsonObject json(Console console) {
        assertThat(console.err()).isEmpty();
        return JsonObject.parse(console.out().strip().getBytes(StandardCharsets.UTF_8));
    }
}
