package io.spendguard.verify;

import static io.spendguard.verify.Specimen.ANCHORS;
import static io.spendguard.verify.Specimen.SIGNER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.EvidencePackageWriter;
import io.spendguard.evidence.Receipts;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.json.JsonException;
import io.spendguard.model.Receipt;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.P256Signer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What callers kept against what the ledger's owner shows later. */
class ReceiptTest {
    private static final Instant DURING = Specimen.NOW;

    private final List<SealedAuditEvent> life = Specimen.life(SIGNER, "acme", 1);

    private int exports;

    @TempDir
    private Path directory;

    @Test
    void verify_everyReceiptStandsInThePackage_isConfirmed() throws IOException {
        VerificationReport report = verify(export(life), receipts(life, DURING));

        assertThat(report.findings()).isEmpty();
        assertThat(report.receipts()).isEqualTo(new ReceiptReport(7, 7, 0, 0));
        assertThat(report.notes()).contains("receipts: 7 of 7 stand in the package");
    }

    @Test
    void verify_withoutReceipts_saysNothingOfThem() {
        VerificationReport report = BothWays.verify(export(life), ANCHORS);

        assertThat(report.receipts()).isNull();
        assertThat(report.notes()).noneMatch(note -> note.startsWith("receipts"));
    }

    @Test
    void verify_receiptThatNamesAnotherEvent_isInvalid() throws IOException {
        String receipt = receipts(life.subList(2, 3), DURING).get(0);
        String other = receipt.replace(
                life.get(2).event().id().toString(), life.get(3).event().id().toString());

        VerificationReport report = verify(export(life), List.of(other));

        assertThat(codes(report)).containsExactly(FindingCode.RECEIPT_INVALID);
        assertThat(report.receipts()).isEqualTo(new ReceiptReport(1, 0, 0, 0));
    }

    @Test
    void verify_receiptForAPositionOrABatchThatIsNone_isInvalid() throws IOException {
        String receipt = receipts(life.subList(2, 3), DURING).get(0);
        List<String> others = List.of(
                receipt.replace("\"seq\":3", "\"seq\":0"),
                receipt.replace("\"seq\":3", "\"seq\":-1"),
                receipt.replace("\"seq\":3", "\"seq\":9007199254740991"),
                receipt.replaceFirst("\"batchSize\":\\d+", "\"batchSize\":0"),
                receipt.replaceFirst("\"leafIndex\":\\d+", "\"leafIndex\":-1"),
                receipt.replace("\"tenant\":\"acme\"", "\"tenant\":\"globex\""));

        assertThat(codes(verify(export(life), others))).hasSize(6).containsOnly(FindingCode.RECEIPT_INVALID);
    }

    @Test
    void verify_sameReceiptTwice_countsOnce() throws IOException {
        List<String> twice = receipts(life, DURING);
        twice.addAll(receipts(life, DURING));

        assertThat(verify(export(life), twice).receipts()).isEqualTo(new ReceiptReport(7, 7, 0, 0));
    }

    @Test
    void verify_tailCutAndClosedAnewByTheKeysOwner_isContradicted() throws IOException {
        // The owner of the key goes back to before the last outcomes and closes the stream there.
        Specimen writer = Specimen.writer(SIGNER, 0x100);
        writer.write(writer.opening("acme"), writer.decision("acme", writer.id(), 1));
        List<SealedAuditEvent> kept = new ArrayList<>(writer.leaveOpen());
        writer.write(writer.decision("acme", writer.id(), 2));
        SealedAuditEvent lost = writer.leaveOpen().get(3);
        Specimen again = Specimen.writer(SIGNER, 0x100);
        again.write(again.opening("acme"), again.decision("acme", again.id(), 1));
        List<SealedAuditEvent> shown = again.close();
        assertThat(shown.get(0).stream()).isEqualTo(kept.get(0).stream());

        VerificationReport report = verify(export(shown), receipts(List.of(lost), DURING));

        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.RECEIPT_CONTRADICTED);
            assertThat(finding.place().seq()).isEqualTo(4);
            assertThat(finding.message())
                    .contains("has another chain value than the receipt for event "
                            + lost.event().id() + " (receipts.jsonl:1), and both are signed");
        });
    }

    @Test
    void verify_tailCut_isLost() throws IOException {
        List<SealedAuditEvent> cut = life.subList(0, 5);

        VerificationReport report = verify(export(cut), receipts(life, DURING));

        assertThat(report.findings().stream()
                        .filter(finding -> finding.code() == FindingCode.TAIL_LOST)
                        .map(Finding::message))
                .hasSize(2)
                .first()
                .isEqualTo("Event " + life.get(5).event().id() + " (position 6 of stream "
                        + life.get(5).stream()
                        + ", tenant 'acme') was receipted at 2026-11-23T12:00:00Z, but the package holds that stream only"
                        + " up to position 5: it was removed after it was signed. Look for it in a backup.");
        assertThat(report.money()).isEqualTo(VerificationReport.Money.NOT_PROVEN);
    }

    @Test
    void verify_wholeStreamRemoved_isLostThoughNothingElseShowsIt() throws IOException {
        List<SealedAuditEvent> other = Specimen.life(SIGNER, "globex", 0x5000);

        VerificationReport report = verify(export(other), receipts(life.subList(2, 3), DURING));

        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.TAIL_LOST);
            assertThat(finding.place().file()).isEqualTo("receipts.jsonl");
            assertThat(finding.place().line()).isEqualTo(1);
            assertThat(finding.place().event()).isEqualTo(life.get(2).event().id());
            assertThat(finding.message()).contains("but the package does not hold that stream at all");
        });
    }

    @Test
    void verify_eventInTheMiddleRemoved_isLost() throws IOException {
        List<SealedAuditEvent> gap = new ArrayList<>(life);
        gap.remove(3);

        VerificationReport report = verify(export(gap), receipts(life, DURING));

        assertThat(report.findings()).anySatisfy(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.TAIL_LOST);
            assertThat(finding.message()).contains("but the package does not hold what was signed there");
        });
    }

    @Test
    void verify_receiptOfAStreamOpenedAfterTheExport_isLater() throws IOException {
        List<SealedAuditEvent> other = Specimen.life(SIGNER, "globex", 0x5000);

        VerificationReport report = verify(export(other), receipts(life, Specimen.NOW.plusSeconds(1)));

        assertThat(report.findings()).isEmpty();
        assertThat(report.receipts()).isEqualTo(new ReceiptReport(7, 0, 7, 0));
        assertThat(report.notes()).contains("receipts: 0 of 7 stand in the package, 7 are later than it");
    }

    @Test
    void verify_lateReceiptOfAClosedStream_isLost() throws IOException {
        Specimen writer = Specimen.writer(SIGNER, 0x100);
        writer.write(writer.decision("acme", writer.id()));
        writer.write(writer.decision("acme", writer.id()));
        SealedAuditEvent lost = writer.leaveOpen().get(2);
        List<SealedAuditEvent> shown = new ArrayList<>(writer.leaveOpen().subList(0, 2));

        assertThat(codes(verify(export(shown), receipts(List.of(lost), Specimen.NOW.plusSeconds(1)))))
                .as("an open stream may go on")
                .doesNotContain(FindingCode.TAIL_LOST);
        assertThat(codes(verify(export(shown), receipts(List.of(lost), DURING))))
                .contains(FindingCode.TAIL_LOST);
    }

    @Test
    void verify_receiptOfAnotherTenantThanExported_isNotCompared() throws IOException {
        Path file = directory.resolve("one.zip");
        try (EvidencePackageWriter writer = EvidencePackageWriter.create(
                file, SIGNER, Clock.fixed(Specimen.NOW, ZoneOffset.UTC), EvidenceFilter.ofTenant("acme"))) {
            life.forEach(writer::event);
            writer.finish();
        }

        VerificationReport report = verify(file, receipts(Specimen.life(SIGNER, "globex", 0x5000), DURING));

        assertThat(report.findings()).isEmpty();
        assertThat(report.receipts()).isEqualTo(new ReceiptReport(7, 0, 0, 7));
    }

    @Test
    void verify_receiptThatNobodyTrustedSigned_isInvalidAndSaysNothingOfThePackage() throws IOException {
        List<SealedAuditEvent> forged = Specimen.life(Ed25519Signer.generate(), "acme", 0x5000);
        List<String> lines = receipts(forged.subList(0, 1), DURING);
        lines.add(receipts(life.subList(4, 5), DURING).get(0).replace("\"seq\":5", "\"seq\":6"));
        lines.add("{}");

        VerificationReport report = verify(export(life), lines);

        assertThat(codes(report))
                .containsExactly(FindingCode.RECEIPT_INVALID, FindingCode.RECEIPT_INVALID, FindingCode.RECEIPT_INVALID);
        assertThat(report.findings().get(2).message())
                .isEqualTo(
                        "Line 3 of receipts.jsonl is no receipt: Member 'tenant' is missing: a string is expected. Take"
                                + " it from where it was written.");
        assertThat(report.money()).isEqualTo(VerificationReport.Money.FULL);
    }

    @Test
    void verify_receiptOfACertifiedKeyWhoseStreamsAreAllGone_isLostByItsOwnCertificate() throws IOException {
        P256Signer root = P256Signer.generate();
        Ed25519Signer local = Ed25519Signer.generate();
        KeyCertificate certificate =
                KeyCertificate.issue(root, local.verificationKey(), List.of("acme"), DURING, Duration.ofHours(1));
        List<SealedAuditEvent> gone = Specimen.life(local, "acme", 0x5000).subList(2, 3);
        Path receipts = Files.write(
                directory.resolve("receipts.jsonl"),
                receipts(gone, DURING, certificate.toJson().toString()));

        assertThat(codes(BothWays.verify(export(life), ANCHORS.with(root.verificationKey()), receipts)))
                .containsExactly(FindingCode.TAIL_LOST);
        assertThat(codes(BothWays.verify(export(life), ANCHORS, receipts)))
                .as("without the root nobody vouches for the receipt")
                .containsExactly(FindingCode.RECEIPT_INVALID);
    }

    @Test
    void verify_missingReceipts_cannotRun() {
        Path none = directory.resolve("none.jsonl");

        assertThatThrownBy(() -> BothWays.verify(export(life), ANCHORS, none))
                .isInstanceOf(EvidenceException.class)
                .hasMessage("Receipts file " + none + " does not exist. Name the file your callers wrote.");
    }

    @Test
    void parse_whatWasWritten_isTheSameAndAnythingElseIsRefused() {
        String line = receipts(life.subList(0, 1), DURING).get(0);

        assertThat(Receipts.toLine(Receipts.parse(line.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(line);
        assertThatThrownBy(() -> Receipts.parse(line.replace("{", "{ ").getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(JsonException.class)
                .hasMessage("The line is not canonical, or has members it should not have.");
    }

    private Path export(List<SealedAuditEvent> events) {
        return Specimen.export(directory.resolve("e" + exports++ + ".zip"), events);
    }

    private VerificationReport verify(Path file, List<String> receipts) throws IOException {
        return BothWays.verify(file, ANCHORS, Files.write(directory.resolve("receipts.jsonl"), receipts));
    }

    static List<String> receipts(List<SealedAuditEvent> events, Instant issuedAt) {
        return receipts(events, issuedAt, null);
    }

    static List<String> receipts(List<SealedAuditEvent> events, Instant issuedAt, @Nullable String certificate) {
        List<String> lines = new ArrayList<>();
        for (SealedAuditEvent sealed : events) {
            lines.add(Receipts.toLine(new Receipt(
                    sealed.event().tenant(),
                    sealed.event().id(),
                    sealed.stream(),
                    sealed.seq(),
                    sealed.chain(),
                    sealed.batchSize(),
                    sealed.leafIndex(),
                    sealed.path(),
                    sealed.signature(),
                    sealed.keyId(),
                    certificate,
                    issuedAt)));
        }
        return lines;
    }

    private static List<FindingCode> codes(VerificationReport report) {
        return report.findings().stream().map(Finding::code).toList();
    }
}
