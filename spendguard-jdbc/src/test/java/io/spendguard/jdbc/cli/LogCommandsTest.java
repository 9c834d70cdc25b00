package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Digest;
import io.spendguard.model.Usage;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.NoteKey;
import io.spendguard.proof.SignedNote;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints, witnesses, proofs, keys and anchors from the shell. */
class LogCommandsTest {
    private static final String ROLE = "spendguard_cli_log";
    private static final String ORIGIN = "example.com/spendguard";

    private final Database database =
            EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);

    @TempDir
    Path directory;

    private Path key;
    private Path anchors;
    private Ed25519Signer signer;

    @BeforeEach
    void spend() {
        key = directory.resolve("key.pem");
        anchors = directory.resolve("anchors.json");
        signer = Ed25519Signer.loadOrCreate(key, anchors);
        database.dataSourceFor(ROLE, "spendguard_app", "spendguard_log");
        decide();
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void checkpointExportUpdate_packageWithoutCheckpoint_isFound() {
        Console signed = checkpoint();
        Console exported =
                onLedger("evidence", "export", "--with-log", "--key", key.toString(), "--out", path("first.zip"));
        Console updated = Console.run("anchors", "update", anchors.toString(), "--package", path("first.zip"));
        Console shown = Console.run("anchors", "show", anchors.toString());

        assertThat(signed.err()).isEmpty();
        assertThat(SignedNote.parse(signed.out().getBytes(StandardCharsets.UTF_8))
                        .isSignedBy(NoteKey.of(ORIGIN, signer.verificationKey())))
                .isTrue();
        assertThat(exported.exitCode()).isZero();
        assertThat(updated.out()).isEqualTo("anchors: checkpoint 1 of " + ORIGIN + " kept in " + anchors + "\n");
        assertThat(shown.out()).startsWith("key " + signer.keyId() + "\nlog " + ORIGIN + ", checkpoint 1, root ");

        onLedger(
                "evidence",
                "export",
                "--with-log",
                "--tenant",
                "acme",
                "--budget",
                "daily",
                "--key",
                key.toString(),
                "--out",
                path("excerpt.zip"));
        Console excerpt = Console.run("anchors", "update", anchors.toString(), "--package", path("excerpt.zip"));
        assertThat(excerpt.exitCode()).isEqualTo(1);
        assertThat(excerpt.out())
                .endsWith("anchors: unchanged, an excerpt does not show what came before its events\n");

        onLedger("evidence", "export", "--key", key.toString(), "--out", path("second.zip"));
        Console verified = Console.run("verify", path("second.zip"), "--anchors", anchors.toString());
        assertThat(verified.exitCode()).isEqualTo(1);
        assertThat(verified.out()).contains("CHECKPOINT_MISSING package The package holds no checkpoint");
        assertThat(Console.run("anchors", "update", anchors.toString(), "--package", path("second.zip"))
                        .exitCode())
                .isEqualTo(1);
        assertThat(Anchors.load(anchors).log()).map(log -> log.size()).contains(1L);
    }

    @Test
    void exportFromCheckpoint_verifiedWithTheOneKept_saysWhatIsNotProven() throws IOException {
        Path note = Files.writeString(directory.resolve("note-1"), checkpoint().out());
        Path fresh = directory.resolve("fresh.json");
        Anchors.of(signer.verificationKey()).write(fresh);
        onLedger("evidence", "export", "--with-log", "--key", key.toString(), "--out", path("whole.zip"));
        Console.run("anchors", "update", anchors.toString(), "--package", path("whole.zip"));
        decide();
        checkpoint();

        Console exported = onLedger(exportFrom("1", "after.zip"));
        Console verified = Console.run("verify", path("after.zip"), "--anchors", anchors.toString());
        Console unknown = Console.run("verify", path("after.zip"), "--anchors", fresh.toString());
        Console given = Console.run(
                "verify", path("after.zip"), "--anchors", fresh.toString(), "--checkpoint", note.toString(), "--json");
        Console noNote =
                Console.run("verify", path("after.zip"), "--anchors", fresh.toString(), "--checkpoint", key.toString());
        Console updated = Console.run("anchors", "update", anchors.toString(), "--package", path("after.zip"));

        assertThat(exported.err()).isEmpty();
        assertThat(exported.out())
                .startsWith("note: it begins after checkpoint 1: who verifies it needs that one, in the anchors or by"
                        + " --checkpoint\nevidence: exported, 5 events, 1 streams");
        assertThat(verified.exitCode()).isZero();
        assertThat(verified.out())
                .endsWith(
                        "evidence: verified (FROM CHECKPOINT 1), 5 events, 0 findings\nNOT PROVEN (from checkpoint 1):"
                                + " decisions and outcomes before it, streams that ended before it, what was decided of 0"
                                + " decisions that lie before it and have outcomes here, holds open at it, what accounts opened"
                                + " before it are (budget, key, window, unit, namespace, granted), which key opened streams"
                                + " that go on, whether they were closed before, and who closed others\n");
        assertThat(unknown.exitCode()).isEqualTo(1);
        assertThat(unknown.out()).contains("CHECKPOINT_MISSING log/start.jsonl");
        assertThat(json(given).integer("fromCheckpoint")).isEqualTo(1);
        assertThat(json(given).string("money")).isEqualTo("FROM_CHECKPOINT");
        assertThat(json(given).strings("notProven")).hasSize(6);
        assertThat(noNote.exitCode()).isEqualTo(2);
        assertThat(noNote.err()).startsWith("spendguard: Checkpoint file " + key + " is no signed checkpoint: ");
        assertThat(updated.out()).isEqualTo("anchors: checkpoint 2 of " + ORIGIN + " kept in " + anchors + "\n");
    }

    @Test
    void exportFromCheckpoint_unknownOrAsAnExcerpt_writesNothing() {
        checkpoint();

        Console unknown = onLedger(exportFrom("7", "after.zip"));
        Console excerpt = onLedger(exportFrom("1", "after.zip", "--run", "r-1"));

        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.err()).startsWith("spendguard: The log signed no checkpoint of size 7: its last one is 1.");
        assertThat(excerpt.exitCode()).isEqualTo(2);
        assertThat(excerpt.err())
                .startsWith(
                        "spendguard: --from-checkpoint cannot be combined with --from, --until, --run or --budget:");
        assertThat(directory.resolve("after.zip")).doesNotExist();
    }

    @Test
    void keep_untilItsLimit_takesUpAndSigns() {
        String[] keep = {
            "log",
            "keep",
            "--key",
            key.toString(),
            "--origin",
            ORIGIN,
            "--forward-every",
            "PT0.1S",
            "--checkpoint-events",
            "1",
            "--limit",
            "1"
        };

        Console kept = onLedger(keep);
        Console tooOften =
                onLedger("log", "keep", "--key", key.toString(), "--origin", ORIGIN, "--forward-every", "PT0S");

        assertThat(kept.err()).isEmpty();
        assertThat(kept.out()).matches("log: checkpoint 1 of example.com/spendguard, root [0-9a-f]{64}\n");
        assertThat(checkpoint().out()).as("nothing was left to sign").startsWith(ORIGIN + "\n1\n");
        assertThat(tooOften.err()).isEqualTo("spendguard: Log keeping: forwardEvery PT0S is shorter than 100 ms.\n");
    }

    @Test
    void prove_anEvent_verifiesByItsPaths() throws SQLException {
        checkpoint();
        String event = eventId();

        JsonObject proof = json(onLedger("log", "prove", "--tenant", "acme", "--event", event));

        assertThat(MerkleTree.verifyInclusion(
                        Digest.parse(proof.string("leaf")),
                        proof.integer("leafIndex"),
                        proof.integer("treeSize"),
                        proof.strings("path").stream().map(Digest::parse).toList(),
                        Digest.parse(proof.string("treeRoot"))))
                .isTrue();
        assertThat(proof.string("origin")).isEqualTo(ORIGIN);
    }

    @Test
    void prove_thatALaterCheckpointContinuesAnEarlierOne_verifiesByItsPath() {
        SignedNote first = SignedNote.parse(checkpoint().out().getBytes(StandardCharsets.UTF_8));
        decide();
        SignedNote second = SignedNote.parse(checkpoint().out().getBytes(StandardCharsets.UTF_8));

        JsonObject proof = json(onLedger("log", "prove", "--from-checkpoint", "1"));
        JsonObject named = json(onLedger("log", "prove", "--from-checkpoint", "1", "--to-checkpoint", "2", "--json"));
        JsonObject itself = json(onLedger("log", "prove", "--from-checkpoint", "1", "--to-checkpoint", "1"));

        assertThat(named).isEqualTo(proof);
        assertThat(note(proof.object("from"))).isEqualTo(first.text());
        assertThat(note(proof.object("to"))).isEqualTo(second.text());
        assertThat(MerkleTree.verifyConsistency(
                        proof.object("from").integer("size"),
                        proof.object("to").integer("size"),
                        proof.strings("path").stream().map(Digest::parse).toList(),
                        Digest.parse(proof.object("from").string("root")),
                        Digest.parse(proof.object("to").string("root"))))
                .isTrue();
        assertThat(itself.strings("path")).isEmpty();
    }

    private static String note(JsonObject checkpoint) {
        return SignedNote.parse(checkpoint.string("note").getBytes(StandardCharsets.UTF_8))
                .text();
    }

    @Test
    void prove_ofNoCheckpointOrBackwards_saysWhatIsWrong() {
        checkpoint();
        decide();
        checkpoint();

        assertThat(onLedger("log", "prove", "--from-checkpoint", "7").err())
                .startsWith("spendguard: Checkpoint 7 is later than checkpoint 2: a log continues what came before.");
        assertThat(onLedger("log", "prove", "--from-checkpoint", "0").err())
                .startsWith("spendguard: The log signed no checkpoint of size 0: its last one is 2.");
        assertThat(onLedger("log", "prove", "--from-checkpoint", "1", "--tenant", "acme")
                        .err())
                .startsWith("spendguard: What is to be proved is named either by --tenant and --event, or by");
        assertThat(onLedger("log", "prove", "--tenant", "acme").exitCode()).isEqualTo(2);
    }

    @Test
    void prove_whereTheTreeWasChanged_provesNothing() throws SQLException {
        checkpoint();
        decide();
        checkpoint();
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
            statement.execute(
                    "update spendguard.log_tile set hashes = substr(hashes, 1, 32) || sha256(hashes) where tenant = ''");
        }

        Console proof = onLedger("log", "prove", "--from-checkpoint", "1");

        assertThat(proof.exitCode()).isEqualTo(2);
        assertThat(proof.err())
                .startsWith(
                        "spendguard: Tree of the log does not continue checkpoint 1 up to checkpoint 2: it was changed");
    }

    @Test
    void prove_beforeAnyCheckpoint_saysWhatToRun() throws SQLException {
        String event = eventId();

        Console proof = onLedger("log", "prove", "--tenant", "acme", "--event", event);

        assertThat(proof.exitCode()).isEqualTo(2);
        assertThat(proof.err())
                .isEqualTo("spendguard: Event " + event
                        + " of tenant 'acme' is under no checkpoint yet. Run: spendguard log checkpoint\n");
    }

    @Test
    void witness_hereOrElsewhere_isAddedToTheNote() {
        SignedNote note = SignedNote.parse(checkpoint().out().getBytes(StandardCharsets.UTF_8));
        Path witnessKey = directory.resolve("witness.pem");
        Ed25519Signer here = Ed25519Signer.loadOrCreate(witnessKey);
        Ed25519Signer elsewhere = Ed25519Signer.generate();
        String line = SignedNote.of(note.text())
                .cosignedBy("w.example/2", elsewhere, Instant.parse("2026-11-23T12:00:00Z"))
                .signatures()
                .get(0)
                .toString();
        NoteKey second = NoteKey.witness("w.example/2", elsewhere.verificationKey());

        Console first = onLedger("log", "witness", "--name", "w.example/1", "--key", witnessKey.toString());
        Console both = onLedger("log", "witness", "--verifier-key", second.toString(), "--line", line);
        Console neither = onLedger("log", "witness", "--name", "w.example/1");

        assertThat(first.exitCode()).isZero();
        SignedNote cosigned = SignedNote.parse(both.out().getBytes(StandardCharsets.UTF_8));
        assertThat(cosigned.cosignedAt(NoteKey.witness("w.example/1", here.verificationKey())))
                .isPresent();
        assertThat(cosigned.cosignedAt(second)).contains(Instant.parse("2026-11-23T12:00:00Z"));
        assertThat(neither.exitCode()).isEqualTo(2);
        assertThat(neither.err()).contains("Give one of the two pairs.");
    }

    /** With what the commands say, and nothing else. */
    @Test
    void witness_askedForByTheAnchors_mustHaveCosigned() {
        checkpoint();
        Path witnessKey = directory.resolve("witness.pem");
        Ed25519Signer.loadOrCreate(witnessKey);
        onLedger("evidence", "export", "--with-log", "--key", key.toString(), "--out", path("before.zip"));

        Console cosigned =
                onLedger("log", "witness", "--name", "w.example/1", "--key", witnessKey.toString(), "--json");
        String witness = JsonObject.parse(cosigned.out().getBytes(StandardCharsets.UTF_8))
                .string("witness");
        Console asked = Console.run("anchors", "update", anchors.toString(), "--witness", witness);
        onLedger("evidence", "export", "--with-log", "--key", key.toString(), "--out", path("after.zip"));
        Console before = Console.run("verify", path("before.zip"), "--anchors", anchors.toString());
        Console after = Console.run("verify", path("after.zip"), "--anchors", anchors.toString());

        assertThat(asked.out())
                .isEqualTo("anchors: each checkpoint must be cosigned by witness w.example/1, says " + anchors + "\n");
        assertThat(before.exitCode()).isEqualTo(1);
        assertThat(before.out()).contains("lacks the cosignature of 'w.example/1'");
        assertThat(after.exitCode()).isZero();
    }

    @Test
    void update_withoutPackageOrWitness_saysWhatItNeeds() {
        Console neither = Console.run("anchors", "update", anchors.toString());

        assertThat(neither.exitCode()).isEqualTo(2);
        assertThat(neither.err())
                .isEqualTo(
                        "spendguard: Anchors are updated either by --package, whose checkpoint they keep, or by --witness,"
                                + " whom they ask for. Give one of the two.\n");
    }

    @Test
    void adopt_statementThatIsNotThere_saysSo() {
        Console adopted = Console.run("anchors", "adopt", anchors.toString(), "--statement", path("nowhere"));

        assertThat(adopted.exitCode()).isEqualTo(2);
        assertThat(adopted.err())
                .isEqualTo("spendguard: File " + path("nowhere")
                        + " cannot be read or written: it, or its folder, does not"
                        + " exist. Name another, or give it permission.\n");
    }

    @Test
    void rotateAndRevoke_keyThatGoesOnSigning_isNamed() {
        Path next = directory.resolve("next.pem");
        Path auditor = directory.resolve("auditor.json");
        Anchors.of(signer.verificationKey()).write(auditor);

        Console rotated = Console.run(
                "keys",
                "rotate",
                "--key",
                key.toString(),
                "--new",
                next.toString(),
                "--out",
                path("statement.json"),
                "--anchors",
                anchors.toString());
        Console adopted = Console.run("anchors", "adopt", auditor.toString(), "--statement", path("statement.json"));
        String old = signer.keyId();
        String now = Ed25519Signer.load(next).keyId();

        assertThat(rotated.err()).isEmpty();
        assertThat(rotated.out())
                .startsWith("keys: " + now + " follows " + old + ", stated in " + path("statement.json") + "\n");
        assertThat(adopted.out()).isEqualTo("anchors: " + now + " trusted beside " + old + ", which named it\n");
        assertThat(Anchors.load(auditor).keys()).isEqualTo(Anchors.load(anchors).keys());

        // Overlap: one process signs with the new key already, another one still with the old.
        signer = Ed25519Signer.load(next);
        decide();
        key = next;
        checkpoint();
        onLedger("evidence", "export", "--with-log", "--key", next.toString(), "--out", path("overlap.zip"));
        Console kept = Console.run("anchors", "update", auditor.toString(), "--package", path("overlap.zip"));
        Console revoked = Console.run("keys", "revoke", old, "--anchors", auditor.toString());
        assertThat(kept.exitCode()).isZero();
        assertThat(revoked.out()).isEqualTo("keys: " + old + " revoked at checkpoint 1 in " + auditor + "\n");
        assertThat(Console.run("anchors", "show", auditor.toString()).out())
                .contains("revoked " + old + " at checkpoint 1\n");
        assertThat(Console.run("verify", path("overlap.zip"), "--anchors", auditor.toString())
                        .exitCode())
                .isZero();

        signer = Ed25519Signer.load(directory.resolve("key.pem"));
        decide();
        checkpoint();
        onLedger("evidence", "export", "--with-log", "--key", next.toString(), "--out", path("late.zip"));
        Console late = Console.run("verify", path("late.zip"), "--anchors", auditor.toString());
        assertThat(late.exitCode()).isEqualTo(1);
        assertThat(late.out()).contains("1 findings\n  KEY_REVOKED events/acme/");
    }

    @Test
    void announce_aRevokedKey_tellsAuditorsWhoseAnchorsAreOlder() {
        decide();
        Path operators = directory.resolve("operator.pem");
        Path older = directory.resolve("older.json");
        Ed25519Signer operator = Ed25519Signer.loadOrCreate(operators, anchors);
        Anchors.load(anchors).write(older);
        String[] announcement = {
            "keys",
            "announce",
            signer.keyId(),
            "--anchors",
            anchors.toString(),
            "--reason",
            "laptop stolen",
            "--signing-key",
            operators.toString()
        };

        Console notYet = onLedger(announcement);
        Console.run("keys", "revoke", signer.keyId(), "--anchors", anchors.toString(), "--at", "7");
        Console itself = onLedger(
                "keys",
                "announce",
                signer.keyId(),
                "--anchors",
                anchors.toString(),
                "--reason",
                "lost",
                "--signing-key",
                key.toString());
        Console nobodys = onLedger(with(announcement, "--tenant", "nobody"));
        Console announced = onLedger(announcement);
        Console again = onLedger(with(announcement, "--tenant", "acme", "--json"));

        assertThat(notYet.exitCode()).isEqualTo(2);
        assertThat(notYet.err())
                .isEqualTo("spendguard: Anchors file " + anchors + " does not revoke key '" + signer.keyId()
                        + "'. Run first: spendguard keys revoke\n");
        assertThat(itself.err())
                .isEqualTo("spendguard: Key '" + signer.keyId()
                        + "' would state its own revocation, which nobody has to believe. Sign with another one.\n");
        assertThat(nobodys.exitCode()).isEqualTo(2);
        assertThat(nobodys.err()).contains("'nobody'");
        assertThat(announced.out())
                .isEqualTo("keys: " + signer.keyId() + " is revoked at checkpoint 7, stated in the evidence of acme\n");
        assertThat(again.out())
                .isEqualTo("{\"key\":\"" + signer.keyId()
                        + "\",\"reason\":\"laptop stolen\",\"size\":7,\"tenants\":[\"acme\"]}\n");

        onLedger("evidence", "export", "--key", operators.toString(), "--out", path("told.zip"));
        Console told = Console.run("verify", path("told.zip"), "--anchors", older.toString());
        assertThat(told.exitCode()).isEqualTo(1);
        assertThat(told.out()).contains("1 findings\n  REVOCATION_UNKNOWN events/acme/");
        assertThat(onLedger("evidence", "tail", "--once", "--last", "100").out())
                .containsOnlyOnce("acme  key.revoked " + signer.keyId() + " at checkpoint 7: laptop stolen\n");
        assertThat(operator.keyId()).isNotEqualTo(signer.keyId());
    }

    private static String[] with(String[] command, String... more) {
        return Stream.concat(Arrays.stream(command), Arrays.stream(more)).toArray(String[]::new);
    }

    @Test
    void revoke_withoutAPositionOrAKey_saysWhatToDo() {
        Console noPosition = Console.run("keys", "revoke", signer.keyId(), "--anchors", anchors.toString());
        Console noKey = Console.run("keys", "revoke", "mine", "--anchors", anchors.toString());
        Console early = Console.run("keys", "revoke", signer.keyId(), "--anchors", anchors.toString(), "--at", "3");
        Console later =
                Console.run("keys", "revoke", signer.keyId(), "--anchors", anchors.toString(), "--at", "4", "--json");

        assertThat(noPosition.err())
                .isEqualTo("spendguard: Anchors file " + anchors
                        + " saw no checkpoint yet: a key is revoked at a position of the log. Run spendguard anchors"
                        + " update, or say --at SIZE.\n");
        assertThat(noKey.err())
                .isEqualTo(
                        "spendguard: Key 'mine' is no key id: ed25519: or p-256: and 64 hexadecimal digits are. Take it"
                                + " from: spendguard keys list\n");
        assertThat(early.exitCode()).isZero();
        assertThat(later.out()).isEqualTo("{\"key\":\"" + signer.keyId() + "\",\"size\":3}\n");
    }

    @Test
    void keys_ofALedger_areListedAndWrittenAsJwks() {
        Console listed = onLedger("keys", "list");
        JsonObject jwk = json(onLedger("keys", "jwks")).objects("keys").get(0);

        assertThat(listed.out()).contains("Ed25519", signer.keyId());
        assertThat(jwk.string("kty")).isEqualTo("OKP");
        assertThat(jwk.string("crv")).isEqualTo("Ed25519");
        assertThat(jwk.string("kid")).isEqualTo(signer.keyId());
        assertThat(jwk.string("x")).hasSize(43);
    }

    private void decide() {
        try (Guard guard = Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        kind: Contract
                        metadata: {name: one-dollar, tenant: acme}
                        spec:
                          budgets:
                            - {id: daily, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                        """, "one.yaml"))
                .ledger(PostgresLedger.open(database.dataSourceFor(ROLE, "spendguard_app", "spendguard_log")))
                .signer(signer)
                .build()) {
            guard.decide(Action.llmCall("openai", "gpt-4o")
                            .inputTokens(8_000)
                            .maxOutputTokens(16_000)
                            .build())
                    .orThrow()
                    .commit(Usage.of(8_000, 16_000));
        }
    }

    private Console checkpoint() {
        return onLedger("log", "checkpoint", "--key", key.toString(), "--origin", ORIGIN);
    }

    private String[] exportFrom(String checkpoint, String out, String... more) {
        List<String> command = new ArrayList<>(List.of("evidence", "export", "--from-checkpoint", checkpoint));
        command.addAll(List.of("--key", key.toString(), "--out", path(out)));
        command.addAll(List.of(more));
        return command.toArray(String[]::new);
    }

    private Console onLedger(String... command) {
        String[] all = Arrays.copyOf(command, command.length + 2);
        all[command.length] = "--url";
        all[command.length + 1] = database.jdbcUrl();
        return Console.run(Map.of("PGUSER", ROLE, "PGPASSWORD", EmbeddedPostgres.PASSWORD), all);
    }

    private String eventId() throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement sql = connection.createStatement();
                var rows = sql.executeQuery("select event_id from spendguard.outbox where seq = 2")) {
            rows.next();
            return rows.getString(1);
        }
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private static JsonObject json(Console console) {
        assertThat(console.err()).isEmpty();
        assertThat(console.exitCode()).isZero();
        return JsonObject.parse(console.out().strip().getBytes(StandardCharsets.UTF_8));
    }
}
