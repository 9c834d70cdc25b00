package io.spendguard.jdbc.cli;

import io.spendguard.decision.EvidenceStatements;
import io.spendguard.evidence.KeyRevocation;
import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.AnchorsException;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.KeySuccession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard keys rotate|revoke|announce} */
final class KeyChangeCommands {
    private KeyChangeCommands() {}

    /** {@code spendguard keys rotate} */
    @Command(
            name = "rotate",
            description = "Has a key name its successor. Both are trusted until the old one is revoked.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Rotate extends ConsoleCommand {
        @Mixin
        private SigningKeyOptions old;

        @Option(
                names = "--new",
                required = true,
                paramLabel = "PEM",
                description = "the new key's file, made where there is none")
        private Path successor;

        @Option(
                names = "--out",
                required = true,
                paramLabel = "FILE",
                description = "the old key's statement, for those who trust it; it must not exist")
        private Path out;

        @Option(names = "--anchors", paramLabel = "FILE", description = "also add the new key to this trust file")
        private @Nullable Path anchors;

        Rotate(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() throws IOException {
            if (Files.exists(out)) {
                throw new IllegalArgumentException(
                        "Statement " + out + " exists already: it may be the only copy. Choose another name.");
            }
            KeySuccession statement = old.with(signer -> KeySuccession.of(
                    signer, Ed25519Signer.loadOrCreate(successor).verificationKey()));
            if (anchors != null) {
                Anchors.load(anchors).adopt(statement).write(anchors);
            }
            Files.write(out, statement.toBytes(), StandardOpenOption.CREATE_NEW);
            if (json) {
                terminal.json(JsonObject.create()
                        .put("key", statement.key().id())
                        .put("predecessor", statement.predecessor())
                        .put("statement", out.toString()));
            } else {
                terminal.line(
                        "keys: " + statement.key().id() + " follows " + statement.predecessor() + ", stated in " + out);
                terminal.line(
                        "Give it to whoever trusts the old key (spendguard anchors adopt), start the processes anew"
                                + " with " + successor + ", checkpoint, and revoke the old key.");
            }
            return SpendGuardCli.OK;
        }
    }

    /** {@code spendguard keys revoke KEY} */
    @Command(
            name = "revoke",
            description = "Ends a trust file's trust in a key at a position of the log; what lies before stays proved.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Revoke extends ConsoleCommand {
        @Parameters(paramLabel = "KEY", description = "the key's id; a certified key is revoked alike")
        private String key;

        @Option(names = "--anchors", required = true, paramLabel = "FILE", description = "the trust file")
        private Path anchors;

        @Option(
                names = "--at",
                paramLabel = "SIZE",
                description =
                        "the last checkpoint whose events the key may have signed; 0 for none at all; by default the"
                                + " one the trust file saw last")
        private @Nullable Long at;

        Revoke(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            if (!key.matches("(ed25519|p-256):[0-9a-f]{64}")) {
                throw new IllegalArgumentException(
                        "Key '" + key + "' is no key id: ed25519: or p-256: and 64 hexadecimal"
                                + " digits are. Take it from: spendguard keys list");
            }
            Anchors before = Anchors.load(anchors);
            long size = at != null
                    ? at
                    : before.log()
                            .orElseThrow(() -> new AnchorsException("Anchors file " + anchors
                                    + " saw no checkpoint yet: a key is revoked at a position of the log. Run"
                                    + " spendguard anchors update, or say --at SIZE."))
                            .size();
            Anchors after = before.revoke(key, size);
            after.write(anchors);
            long effective = after.revokedAt(key).orElse(size);
            if (json) {
                terminal.json(JsonObject.create().put("key", key).put("size", effective));
            } else {
                terminal.line("keys: " + key + " revoked at checkpoint " + effective + " in " + anchors
                        + (effective < size ? ", as it was before" : ""));
            }
            return SpendGuardCli.OK;
        }
    }

    /** {@code spendguard keys announce KEY} */
    @Command(
            name = "announce",
            description =
                    "States in the evidence that a key is revoked as a trust file says, so that auditors with older"
                            + " ones are told.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Announce extends DatabaseCommand {
        private final Clock clock;

        @Parameters(paramLabel = "KEY", description = "the id of the key that was revoked")
        private String key;

        @Option(names = "--anchors", required = true, paramLabel = "FILE", description = "the trust file that says so")
        private Path anchors;

        @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "why; no personal value")
        private String reason;

        @Option(names = "--tenant", description = "in whose evidence; by default in everybody's")
        private @Nullable String tenant;

        @Mixin
        private AuditKeyOptions auditKey;

        Announce(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment);
            this.clock = clock;
        }

        @Override
        public Integer call() throws IOException {
            long size = Anchors.load(anchors)
                    .revokedAt(key)
                    .orElseThrow(() -> new AnchorsException("Anchors file " + anchors + " does not revoke key '" + key
                            + "'. Run first: spendguard keys revoke"));
            KeyRevocation revocation = new KeyRevocation(key, size, reason);
            List<String> tenants;
            PGSimpleDataSource source = dataSource();
            try (PostgresLedger ledger = PostgresLedger.open(source);
                    OpenKey signing = auditKey.open();
                    EvidenceStatements statements = signing.writer(EvidenceStatements::open, ledger, clock)) {
                if (signing.signer().keyId().equals(key)) {
                    throw new IllegalArgumentException("Key '" + key
                            + "' would state its own revocation, which nobody has to believe. Sign with another one.");
                }
                if (tenant != null) {
                    EvidenceReader.open(source).requireTenant(tenant);
                }
                tenants = tenant == null ? ledger.tenants() : List.of(tenant);
                for (String each : tenants) {
                    statements.revoke(each, revocation);
                }
            }
            if (json) {
                terminal.json(revocation.toJson().put("tenants", tenants));
            } else {
                terminal.line("keys: " + key + " is revoked at checkpoint " + size + ", stated in the evidence of "
                        + (tenants.isEmpty() ? "nobody: there is none yet" : String.join(", ", tenants)));
            }
            return SpendGuardCli.OK;
        }
    }
}
