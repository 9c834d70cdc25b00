package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Usage;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.AwsKmsSigner;
import io.spendguard.proof.CertifiedSigner;
import io.spendguard.proof.NoteKey;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.SigningException;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import io.spendguard.test.KmsStandIn;
import io.spendguard.test.TestClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import javax.sql.DataSource;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One key in KMS is all an auditor knows: it certifies the process's key, and signs checkpoint and package. */
class KmsCommandsTest {
    private static final String ROLE = "spendguard_kms_app";
    private static final String ORIGIN = "example.com/spendguard";

    private final KmsStandIn kms = KmsStandIn.start();
    private final AwsKmsSigner root = AwsKmsSigner.of(kms.arn())
            .region("eu-central-1")
            .endpoint(kms.endpoint())
            .credentials("AKIDEXAMPLE", "secret")
            .attempts(1)
            .attemptTimeout(Duration.ofSeconds(30))
            .open();
    private final TestClock certificates = TestClock.at(Instant.now());
    private final CertifiedSigner signer = CertifiedSigner.by(root)
            .tenants("acme")
            .lookEvery(Duration.ofDays(1))
            .open(certificates);
    private final Database database =
            EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);
    private final DataSource application = database.dataSourceFor(ROLE, "spendguard_app", "spendguard_log");

    @TempDir
    private Path directory;

    private Path anchors;

    /** Where the SDK looks first; a command line has no credentials of its own. */
    @BeforeAll
    static void provideCredentials() {
        System.setProperty("aws.accessKeyId", "AKIDEXAMPLE");
        System.setProperty("aws.secretAccessKey", "secret");
    }

    @AfterAll
    static void forgetCredentials() {
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
    }

    @BeforeEach
    void anchorTheRootAlone() {
        anchors = directory.resolve("anchors.json");
        Anchors.of(root.verificationKey()).write(anchors);
    }

    @AfterEach
    void close() {
        database.close();
        signer.close();
        root.close();
        kms.close();
    }

    @Test
    void checkpointAndExport_byKms_verifyFromItsAnchorAlone() {
        try (Guard guard = guard()) {
            guard.decide(call()).orThrow().commit(Usage.of(8_000, 16_000));
        }

        Console signed = withKms("log", "checkpoint", "--origin", ORIGIN);
        Console exported = withKms("evidence", "export", "--with-log", "--out", path("e.zip"));
        Console verified = Console.run("verify", path("e.zip"), "--anchors", anchors.toString(), "--json");

        assertThat(signed.err()).isEmpty();
        assertThat(SignedNote.parse(signed.out().getBytes(StandardCharsets.UTF_8))
                        .isSignedBy(NoteKey.of(ORIGIN, root.verificationKey())))
                .isTrue();
        assertThat(exported.out()).contains(", signed by " + root.keyId() + ", to ");
        assertThat(verified.out())
                .contains(
                        "\"verified\":true", "\"certifiedBy\":\"" + root.keyId() + "\"", "\"id\":\"" + signer.keyId());
        assertThat(verified.exitCode()).isZero();
    }

    @Test
    void whatOperatorsDo_signedByKms_verifiesFromItsAnchorAlone() {
        try (Guard guard = guard()) {
            guard.decide(call()).orThrow().release("not needed");
        }

        Console granted = onLedger(
                "budget",
                "grant",
                "all",
                "1.00 USD",
                "--tenant",
                "acme",
                "--reason",
                "conference",
                "--signing-kms",
                kms.arn(),
                "--kms-region",
                "eu-central-1",
                "--kms-endpoint",
                kms.endpoint().toString());
        withKms("evidence", "export", "--out", path("e.zip"));

        assertThat(granted.err()).isEmpty();
        assertThat(granted.exitCode()).isZero();
        assertThat(Console.run("verify", path("e.zip"), "--anchors", anchors.toString())
                        .exitCode())
                .isZero();
    }

    @Test
    void decide_certificateAtItsEnd_isAStopUntilTheRootIsBack() {
        kms.state("Disabled");
        try (Guard guard = guard()) {
            guard.decide(call()).orThrow().release("before");

            certificates.advance(Duration.ofHours(24));
            Assertions.assertThatThrownBy(signer::renewIfDue).isInstanceOf(SigningException.class);
            Decision refused = guard.decide(call());

            assertThat(refused.effect()).isEqualTo(Effect.STOP);
            assertThat(refused.reasons().get(0).code()).isEqualTo(ReasonCode.LEDGER_UNAVAILABLE);
            assertThat(refused.auditEvent()).isEmpty();

            kms.state("Enabled");
            certificates.set(Instant.now());
            certificates.advance(Duration.ofHours(13));
            assertThat(signer.renewIfDue()).isTrue();
            guard.decide(call()).orThrow().release("after");
        }
    }

    @Test
    void checkpoint_kmsAway_saysWhyAndSignsNothing() {
        try (Guard guard = guard()) {
            guard.decide(call()).orThrow().release("not needed");
        }
        kms.state("PendingDeletion");

        Console signed = withKms("log", "checkpoint", "--origin", ORIGIN);
        Console both = onLedger("log", "checkpoint", "--origin", ORIGIN, "--kms", kms.arn(), "--key", path("k.pem"));
        Console mixed = onLedger(
                "log", "checkpoint", "--origin", ORIGIN, "--key", path("k.pem"), "--kms-region", "eu-central-1");

        assertThat(signed.exitCode()).isEqualTo(2);
        assertThat(signed.err())
                .isEqualTo("spendguard: KMS key '" + kms.arn()
                        + "' is PendingDeletion: only an enabled key signs. Enable it.\n");
        assertThat(both.exitCode()).isEqualTo(2);
        assertThat(mixed.err())
                .isEqualTo(
                        "spendguard: Options --kms-region and --kms-endpoint belong to a key in AWS KMS, but this one is in"
                                + " file " + path("k.pem") + ". Leave them out.\n");
    }

    private Guard guard() {
        return Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        kind: Contract
                        metadata: {name: one-dollar, tenant: acme}
                        spec:
                          budgets:
                            - {id: all, limit: 1.00 USD, window: {type: total}}
                        """, "one-dollar.yaml"))
                .ledger(PostgresLedger.open(application))
                .signer(signer)
                .build();
    }

    private static Action call() {
        return Action.llmCall("openai", "gpt-4o")
                .inputTokens(8_000)
                .maxOutputTokens(16_000)
                .build();
    }

    private Console withKms(String... command) {
        String[] all = Arrays.copyOf(command, command.length + 6);
        System.arraycopy(
                new String[] {
                    "--kms",
                    kms.arn(),
                    "--kms-region",
                    "eu-central-1",
                    "--kms-endpoint",
                    kms.endpoint().toString()
                },
                0,
                all,
                command.length,
                6);
        return onLedger(all);
    }

    private Console onLedger(String... command) {
        String[] all = Arrays.copyOf(command, command.length + 2);
        all[command.length] = "--url";
        all[command.length + 1] = database.jdbcUrl();
        return Console.run(Map.of("PGUSER", ROLE, "PGPASSWORD", EmbeddedPostgres.PASSWORD), all);
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }
}
