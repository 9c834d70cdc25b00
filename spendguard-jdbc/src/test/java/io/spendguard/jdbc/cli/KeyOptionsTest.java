package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever signs from the shell signs with encrypted keys, and with keys of either algorithm. */
@SuppressWarnings("NullAway.Init") // set before each test
class KeyOptionsTest {
    private static final String ROLE = "spendguard_keys_app";

    private final Database database =
            EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);

    @TempDir
    private Path directory;

    private Path edwards;
    private Path curve;
    private Path passphrase;
    private Path anchors;

    @BeforeEach
    void decide() throws IOException {
        edwards = file(ENCRYPTED_ED25519);
        curve = file(ENCRYPTED_P256);
        passphrase = file("correct horse\n");
        anchors = directory.resolve("anchors.json");
        Signer signer = Signer.load(curve, "correct horse".toCharArray());
        Anchors.of(
                        signer.verificationKey(),
                        Signer.load(edwards, "correct horse".toCharArray()).verificationKey())
                .write(anchors);
        try (Guard guard = Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        kind: Contract
                        metadata: {name: one, tenant: acme}
                        spec:
                          budgets:
                            - {id: all, limit: 1.00 USD, window: {type: total}}
                        """, "one.yaml"))
                .ledger(PostgresLedger.open(database.dataSourceFor(ROLE, "spendguard_app", "spendguard_log")))
                .signer(signer)
                .build()) {
            guard.decide(Action.toolCall("search").cost(Money.parse("0.10 USD")).build())
                    .orThrow()
                    .release("not needed");
        }
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void signing_withEncryptedKeysOfBothAlgorithms_verifies() {
        Console granted = grant("--signing-key", edwards.toString(), "--passphrase-file", passphrase.toString());
        Console signed = onLedger(
                "log",
                "checkpoint",
                "--origin",
                "example.com/log",
                "--key",
                curve.toString(),
                "--passphrase-file",
                passphrase.toString());
        Console witnessed = onLedger(
                "log",
                "witness",
                "--name",
                "example.com/witness",
                "--key",
                edwards.toString(),
                "--passphrase-file",
                passphrase.toString());
        Console exported = onLedger(
                "evidence",
                "export",
                "--with-log",
                "--key",
                curve.toString(),
                "--passphrase-file",
                passphrase.toString(),
                "--out",
                path("e.zip"));

        assertThat(Stream.of(granted, signed, witnessed, exported).map(Console::err))
                .containsOnly("");
        assertThat(Console.run("verify", path("e.zip"), "--anchors", anchors.toString())
                        .out())
                .contains("evidence: verified, 10 events, 0 findings");
    }

    @Test
    void signing_withTheWrongPassphrase_orNone_saysSo() throws IOException {
        Console none = grant("--signing-key", edwards.toString());
        Console wrong = grant(
                "--signing-key",
                edwards.toString(),
                "--passphrase-file",
                file("wrong horse").toString());
        Console missing = grant("--signing-key", edwards.toString(), "--passphrase-file", path("nowhere"));
        Console misplaced = grant("--signing-kms", "alias/x", "--passphrase-file", passphrase.toString());
        Console neither = grant();

        assertThat(Stream.of(none, wrong, missing, misplaced, neither).map(Console::exitCode))
                .containsOnly(2);
        assertThat(none.err())
                .startsWith("spendguard: Key file " + edwards
                        + " holds an encrypted key: it is read with its passphrase only.");
        assertThat(wrong.err()).startsWith("spendguard: Key file " + edwards + " does not open with this passphrase.");
        assertThat(missing.err())
                .isEqualTo("spendguard: Passphrase file " + path("nowhere")
                        + " cannot be read. Name a file this process may read.\n");
        assertThat(misplaced.err())
                .isEqualTo(
                        "spendguard: Options --passphrase and --passphrase-file belong to a key's file, but key 'alias/x'"
                                + " is in AWS KMS. Leave them out.\n");
        assertThat(neither.err()).contains("--signing-key", "--signing-kms");
    }

    private Console grant(String... more) {
        return onLedger(Stream.concat(
                        Stream.of("budget", "grant", "all", "1.00 USD", "--tenant", "acme", "--reason", "more"),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    private Console onLedger(String... command) {
        return Console.run(
                Map.of("PGUSER", ROLE, "PGPASSWORD", EmbeddedPostgres.PASSWORD),
                Stream.concat(Stream.of(command), Stream.of("--url", database.jdbcUrl()))
                        .toArray(String[]::new));
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private Path file(String content) throws IOException {
        Path file = Files.createTempFile(
                directory,
                "key",
                "",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, content);
    }

    private static final String ENCRYPTED_P256 = """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgMo4cxtZ0CagICCAAw
            DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEENRGvjvy7nN818M3GvepNrMEgZDd
            GKSUeBwlmk0btqCv0eoFQoUe+4Wkzlw+gfTF2IgpB5UYKqphsAivqwjN+YkIh887
            wFHbmqGxE0aobHKcPREGW1Pd70SAWzRu41rE+KUAHjBmetRSVBn21bmIUemDDUcU
            4nRrp5TcvLWnY5nsSwROaocKmhPOCA9sViFayfHMuusvcmGbAylOAY+PORrdPJ8=
            -----END ENCRYPTED PRIVATE KEY-----
            """;

    private static final String ENCRYPTED_ED25519 = """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjPsq38SvJj6QICCAAw
            DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOEIFjWxzZRKmkSZsJWrXxYEQEe4
            AJkdR9tXiHLTQ96kasEVEKdcDdvRQ7oHYDJ9GBee80CHvbIAo802ah95780mAMnh
            MD429uNoWfAuEy/55u4=
            -----END ENCRYPTED PRIVATE KEY-----
            """;
}
