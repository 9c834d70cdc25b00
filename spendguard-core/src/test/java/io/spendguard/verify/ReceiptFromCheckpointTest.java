package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What callers kept against a package that begins after a checkpoint: whose stream it does not hold may have ended before, may
 * begin after it, or is gone. The tenant's events in it are of one stream, from {@link #FIRST} to {@link #LAST}.
 */
class ReceiptFromCheckpointTest {
    private static final String TENANT = "acme";
    private static final Instant FIRST = Specimen.NOW;
    private static final Instant LAST = FIRST.plus(Duration.ofHours(2));
    private static final Instant BETWEEN = FIRST.plus(Duration.ofHours(1));
    private static final Duration MARGIN = Duration.ofMinutes(5);

    @TempDir
    private Path directory;

    /** Its event may be gone, or have been written before the checkpoint by somebody who says a later time. */
    @Test
    void verify_streamThatIsNotThere_handedOutBetweenTheTenantsEvents_isNotProven() throws IOException {
        VerificationReport report = verify(receipt(lost(HonestPackage.WRITER), BETWEEN));

        assertThat(report.findings()).isEmpty();
        assertThat(report.receipts()).isEqualTo(new ReceiptReport(1, 0, 0, 1));
        assertThat(report.summary()).contains("(FROM CHECKPOINT 1, NOT PROVEN for 1 receipts)");
        assertThat(report.unproved())
                .contains(
                        "that the events of 1 receipts lie before it and were not removed: verify those with the package that"
                                + " ends with checkpoint 1");
    }

    @Test
    void verify_streamThatIsNotThere_handedOutEarlier_mayLieBefore() throws IOException {
        SealedAuditEvent other = lost(HonestPackage.WRITER);

        for (Instant time : List.of(FIRST.minus(Duration.ofDays(1)), FIRST, FIRST.plus(MARGIN))) {
            VerificationReport report = verify(receipt(other, time));

            assertThat(report.findings()).as("%s", time).isEmpty();
            assertThat(report.receipts()).isEqualTo(new ReceiptReport(1, 0, 0, 1));
            assertThat(report.notes())
                    .contains("receipts: 0 of 1 stand in the package, 1 are of other tenants, or may lie outside it");
        }
    }

    @Test
    void verify_streamThatIsNotThere_handedOutLater_mayFollow() throws IOException {
        SealedAuditEvent other = lost(HonestPackage.WRITER);

        for (Instant time : List.of(LAST.plus(Duration.ofDays(1)), LAST, LAST.minus(MARGIN))) {
            VerificationReport report = verify(receipt(other, time));

            assertThat(report.findings()).as("%s", time).isEmpty();
            assertThat(report.receipts()).isEqualTo(new ReceiptReport(1, 0, 1, 0));
        }
    }

    @Test
    void verify_receiptOfATenantWithoutEventsHere_tellsNothing() throws IOException {
        Specimen writer = Specimen.writer(HonestPackage.WRITER, 0x7000);
        writer.write(writer.decision("globex", writer.id()));

        VerificationReport report = verify(receipt(writer.close().get(1), BETWEEN));

        assertThat(report.findings()).isEmpty();
        assertThat(report.receipts()).isEqualTo(new ReceiptReport(1, 0, 0, 1));
    }

    /** Otherwise whoever kept an old receipt could date it anew, and accuse the ledger's owner. */
    @Test
    void verify_receiptDatedOutsideItsKeysCertificate_tellsNothing() throws IOException {
        Ed25519Signer local = Ed25519Signer.generate();
        Signer root = HonestPackage.ROOT;
        KeyCertificate early = KeyCertificate.issue(
                root, local.verificationKey(), List.of(TENANT), FIRST.minus(MARGIN), Duration.ofMinutes(30));
        KeyCertificate then = KeyCertificate.issue(
                root, local.verificationKey(), List.of(TENANT), FIRST.minus(MARGIN), Duration.ofHours(3));
        List<SealedAuditEvent> lost = List.of(lost(local));

        assertThat(verify(ReceiptTest.receipts(lost, BETWEEN, early.toJson().toString()))
                        .summary())
                .doesNotContain("receipts");
        assertThat(verify(ReceiptTest.receipts(lost, BETWEEN, then.toJson().toString()))
                        .summary())
                .contains("NOT PROVEN for 1 receipts");
    }

    /** Of a stream that neither the checkpoint nor the package knows. */
    private static SealedAuditEvent lost(Signer signer) {
        Specimen writer = Specimen.writer(signer, 0x6000).at(BETWEEN);
        writer.write(writer.decision(TENANT, writer.id()));
        return writer.close().get(1);
    }

    private static List<String> receipt(SealedAuditEvent event, Instant issuedAt) {
        return ReceiptTest.receipts(List.of(event), issuedAt);
    }

    private VerificationReport verify(List<String> receipts) throws IOException {
        Specimen before = Specimen.writer(HonestPackage.WRITER, 0x100).at(FIRST.minus(MARGIN));
        before.write(before.opening(TENANT));
        Specimen after = Specimen.writer(HonestPackage.WRITER, 0x3000).at(FIRST);
        after.write(after.decision(TENANT, after.id()));
        // Settled before the checkpoint by a caller whom the ledger did not answer for so long.
        after.at(FIRST.minus(Duration.ofDays(2))).write(after.outcome(TENANT, after.id(), "RELEASED"));
        List<SealedAuditEvent> shown = after.at(LAST).close();
        List<SealedAuditEvent> all = new ArrayList<>(before.close());
        SpecimenLog log = SpecimenLog.by(HonestPackage.LOG).take(all);
        all.addAll(shown);
        Anchors auditor =
                StartAttacks.TRUST.with(HonestPackage.ROOT.verificationKey()).with(log.signed());
        Path file = directory.resolve("e.zip");
        Files.deleteIfExists(file);
        Specimen.export(file, all, HonestPackage.EXPORTER, log.take(shown).from(1));
        return BothWays.verify(file, auditor, Files.write(directory.resolve("receipts.jsonl"), receipts));
    }
}
