package io.spendguard.jdbc.cli;

import io.spendguard.decision.EvidenceStatements;
import io.spendguard.evidence.ClosedPeriod;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.jdbc.EvidenceRetention;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Checkpoint;
import io.spendguard.verify.Finding;
import io.spendguard.verify.FindingCode;
import io.spendguard.verify.LogReport;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.VerificationReport.Money;
import io.spendguard.verify.Verifier;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Map;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spendguard evidence close|drop|erase} */
final class RetentionCommands {
    private RetentionCommands() {}

    /** {@code spendguard evidence close} */
    @Command(
            name = "close",
            description =
                    "Verifies an exported package and records, signed, that it holds everything up to its checkpoint.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Close extends DatabaseCommand {
        private final Clock clock;

        @Option(names = "--tenant", required = true, description = "whose period")
        private String tenant;

        @Option(
                names = "--package",
                required = true,
                paramLabel = "ZIP",
                description = "the archive: exported with --with-log, to be kept for as long as the evidence must be")
        private Path archive;

        @Option(names = "--anchors", required = true, paramLabel = "FILE", description = "whom to trust about it")
        private Path anchors;

        @Mixin
        private AuditKeyOptions auditKey;

        Close(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment);
            this.clock = clock;
        }

        @Override
        public Integer call() throws IOException {
            Checkpoint checkpoint = verified();
            PGSimpleDataSource source = dataSource();
            ClosedPeriod period = EvidenceRetention.open(source).period(tenant, checkpoint, sha256(archive));
            EvidenceStatements.Stated closed;
            try (PostgresLedger ledger = PostgresLedger.open(source);
                    OpenKey signing = auditKey.open();
                    EvidenceStatements statements = signing.writer(EvidenceStatements::open, ledger, clock)) {
                closed = statements.close(period);
            }
            if (json) {
                terminal.json(period.toJson()
                        .put("tenant", tenant)
                        .put("event", closed.auditEventId().toString())
                        .put("replayed", closed.isReplayed()));
            } else {
                terminal.line("evidence: " + (closed.isReplayed() ? "was closed before, " : "closed, ") + period.size()
                        + " events of tenant '" + tenant + "' are in " + archive + ", event " + closed.auditEventId());
                terminal.line("They may be dropped once a checkpoint covers that event: spendguard log checkpoint");
            }
            return SpendGuardCli.OK;
        }

        /** A stream whose writer goes on is no fault here: what comes after the checkpoint is not closed. */
        private Checkpoint verified() {
            VerificationReport report = Verifier.verify(archive, Anchors.load(anchors));
            Finding fault = report.findings().stream()
                    .filter(finding -> finding.code() != FindingCode.STREAM_OPEN)
                    .findFirst()
                    .orElse(null);
            LogReport log = report.log();
            if (fault != null) {
                throw new EvidenceException("Package " + archive + " does not verify, so it closes nothing: "
                        + fault.code() + ". Run: spendguard verify");
            }
            if (log == null) {
                throw new EvidenceException("Package " + archive
                        + " encloses no checkpoint, so nobody can tell what it holds all of. Export with --with-log.");
            }
            if (report.money() != Money.FULL && report.money() != Money.FROM_CLOSE) {
                throw new EvidenceException("Package " + archive
                        + " does not prove its balances, so it does not hold everything. Export the whole tenant.");
            }
            if (report.tenant() != null && !report.tenant().equals(tenant)) {
                throw new EvidenceException("Package " + archive + " is of tenant '" + report.tenant() + "', not of '"
                        + tenant + "'. Name the tenant's own.");
            }
            return log.checkpoint();
        }

        private static Digest sha256(Path file) throws IOException {
            MessageDigest digest = Digest.newSha256();
            try (InputStream in = Files.newInputStream(file)) {
                byte[] piece = new byte[1 << 16];
                for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                    digest.update(piece, 0, read);
                }
            }
            return Digest.of(digest.digest());
        }
    }

    /** {@code spendguard evidence drop} */
    @Command(
            name = "drop",
            description = "Drops what a signed period close covers; proofs of what is left still hold.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Drop extends DatabaseCommand {
        @Option(names = "--tenant", required = true, description = "whose closed period")
        private String tenant;

        Drop(Terminal terminal, Map<String, String> environment) {
            super(terminal, environment);
        }

        @Override
        public Integer call() throws IOException {
            EvidenceRetention.Dropped dropped =
                    EvidenceRetention.open(dataSource()).drop(tenant);
            if (json) {
                terminal.json(JsonObject.create()
                        .put("tenant", tenant)
                        .put("dropped", dropped.leaves())
                        .put("size", dropped.size()));
            } else {
                terminal.line("evidence: dropped, " + dropped.leaves() + " leaves of tenant '" + tenant + "', up to "
                        + dropped.size() + ", but for the events of streams, keys and closes");
            }
            return SpendGuardCli.OK;
        }
    }

    /** {@code spendguard evidence erase} */
    @Command(
            name = "erase",
            description = "Erases a person's clear value; events keep their commitments, and proofs hold.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Erase extends DatabaseCommand {
        @Option(names = "--tenant", required = true, description = "whose events")
        private String tenant;

        @Option(
                names = "--subject",
                required = true,
                paramLabel = "VALUE",
                description = "the value as actions gave it, such as a user's name",
                interactive = true,
                arity = "0..1")
        private String subject;

        Erase(Terminal terminal, Map<String, String> environment) {
            super(terminal, environment);
        }

        @Override
        public Integer call() throws IOException {
            PGSimpleDataSource source = dataSource();
            long erased = EvidenceRetention.open(source).erase(tenant, subject);
            if (erased == 0) {
                EvidenceReader.open(source).requireTenant(tenant);
            }
            if (json) {
                terminal.json(JsonObject.create().put("tenant", tenant).put("erased", erased));
            } else {
                terminal.line("evidence: erased, " + erased + " values of tenant '" + tenant + "'");
            }
            return SpendGuardCli.OK;
        }
    }
}
