package io.spendguard.verify;

import static io.spendguard.verify.Specimen.ANCHORS;
import static io.spendguard.verify.Specimen.SIGNER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What findings say, and what else they bring about; {@link AttackCatalogueTest} lists the ways to tamper. */
class VerifierTest {
    private static final Signer STRANGER = Ed25519Signer.generate();

    @TempDir
    Path directory;

    private Path genuine;

    @BeforeEach
    void export() {
        List<SealedAuditEvent> events = new ArrayList<>(Specimen.life(SIGNER, "acme", 0x1000));
        events.addAll(Specimen.life(SIGNER, "globex", 0x2000));
        genuine = Specimen.export(directory.resolve("genuine.zip"), events);
    }

    @Test
    void verify_genuinePackage_findsNothing() {
        VerificationReport report = BothWays.verify(genuine, ANCHORS);

        assertThat(report.findings()).isEmpty();
        assertThat(report.summary()).isEqualTo("evidence: verified, 14 events, 0 findings");
        assertThat(report.streams())
                .extracting(StreamReport::tenant, StreamReport::events, StreamReport::state)
                .containsExactly(
                        tuple("acme", 7L, StreamReport.State.CLOSED), tuple("globex", 7L, StreamReport.State.CLOSED));
        assertThat(report.money()).isEqualTo(VerificationReport.Money.FULL);
        assertThat(report.notes())
                .containsExactly(
                        "completeness not proven: whole streams may have been left out, no checkpoint tells their number",
                        "holds without an outcome yet: 0",
                        "costs: 0 and 0 estimates re-derived from usage and price book; not derived: 2 given by hand,"
                                + " 0 without their price book or decision, 0 that state no cost",
                        "money: full, every balance re-derived from its account's opening on");
    }

    @Test
    void verify_genuinePackage_reportsTheAccounts() {
        VerificationReport report = BothWays.verify(genuine, ANCHORS);

        AccountReport account = report.accounts().get(0);
        assertThat(report.accounts()).hasSize(2);
        assertThat(account.tenant()).isEqualTo("acme");
        assertThat(account.budget()).isEqualTo("team");
        assertThat(account.limit()).hasToString("1.00 USD");
        assertThat(account.spent()).hasToString("0.25 USD");
        assertThat(account.held()).hasToString("0.00 USD");
        assertThat(account.available()).hasToString("0.75 USD");
        assertThat(account.debt()).hasToString("0.00 USD");
    }

    @Test
    void verify_editedAmount_namesTheEvent() throws IOException {
        Tampered tampered = Tampered.open(genuine);
        EventLine victim = tampered.lines("acme").get(4);
        tampered.line("acme", 5, line -> Tampered.edited(line, "250000000", "150000000"));

        Finding first = firstOf(tampered);

        assertThat(first.code()).isEqualTo(FindingCode.EVENT_EDITED);
        assertThat(first.place().event()).isEqualTo(victim.id());
        assertThat(first.place().seq()).isEqualTo(5);
        assertThat(first.message())
                .isEqualTo("Event " + victim.id() + " (io.spendguard.outcome.v1, position 5 of stream "
                        + stream(tampered) + ", tenant 'acme') was edited: its bytes are not those that were signed."
                        + " Compare it with a backup.");
    }

    @Test
    void verify_editedPersonalLookingText_isOneEventFinding() throws IOException {
        Tampered tampered = Tampered.open(genuine)
                .line("acme", 3, line -> Tampered.edited(line, "run-1", "run-2"))
                .sealManifest(SIGNER);

        VerificationReport report = verify(tampered);

        assertThat(codes(report)).containsExactly(FindingCode.EVENT_EDITED);
        assertThat(report.findings().get(0).place().seq()).isEqualTo(3);
        assertThat(report.money()).isEqualTo(VerificationReport.Money.NOT_PROVEN);
        assertThat(report.summary()).isEqualTo("evidence: NOT verified, 14 events, 1 findings");
    }

    @Test
    void verify_editedAndChainRecomputed_namesTheFirstForgedEvent() throws IOException {
        Tampered tampered = Tampered.open(genuine);
        UUID stream = stream(tampered);
        tampered.lines("acme", lines -> {
                    Digest chain = lines.get(1).chain();
                    for (int i = 2; i < lines.size(); i++) {
                        EventLine line = lines.get(i);
                        String payload = i == 2 ? line.payload().replace("run-1", "run-2") : line.payload();
                        EventLine edited = Tampered.payload(line, payload);
                        chain = SealFormat.next(chain, Digest.sha256(edited.payloadBytes()));
                        lines.set(i, Tampered.chain(edited, chain));
                    }
                })
                .sealManifest(SIGNER);

        VerificationReport report = verify(tampered);

        assertThat(report.findings().get(0).code()).isEqualTo(FindingCode.EVENT_FORGED);
        assertThat(report.findings().get(0).place().seq()).isEqualTo(3);
        assertThat(report.findings().get(0).message())
                .isEqualTo("Event " + tampered.lines("acme").get(2).id() + " (position 3 of stream " + stream
                        + ") is not what key '" + SIGNER.keyId()
                        + "' signed for this place. Compare it with a backup.");
    }

    @Test
    void verify_deletedMiddle_namesThePosition() throws IOException {
        Tampered tampered =
                Tampered.open(genuine).lines("acme", lines -> lines.remove(3)).sealManifest(SIGNER);

        VerificationReport report = verify(tampered);

        assertThat(report.findings().get(0).code()).isEqualTo(FindingCode.EVENT_MISSING);
        assertThat(report.findings().get(0).place().seq()).isEqualTo(4);
        assertThat(report.findings().get(0).message())
                .isEqualTo("Event 4 is missing from stream " + stream(tampered)
                        + " of tenant 'acme': position 5 follows, and positions have no gaps."
                        + " Look for it in a backup.");
    }

    @Test
    void verify_deletedTwo_namesTheFirstOfThem() throws IOException {
        Tampered tampered = Tampered.open(genuine)
                .lines("globex", lines -> lines.subList(2, 4).clear());

        Finding first = firstOf(tampered);

        assertThat(first.message())
                .startsWith("2 events from 3 on are missing from stream ")
                .contains(" of tenant 'globex': ");
    }

    @Test
    void verify_deletedLast_isOpenAndNamesThePositionTheManifestCounts() throws IOException {
        Tampered tampered = Tampered.open(genuine).lines("acme", lines -> lines.remove(6));

        VerificationReport report = verify(tampered);

        assertThat(report.findings().get(0).code()).isEqualTo(FindingCode.EVENT_MISSING);
        assertThat(report.findings().get(0).place().seq()).isEqualTo(7);
        assertThat(codes(report)).contains(FindingCode.STREAM_OPEN);
        assertThat(report.streams().get(0).state()).isEqualTo(StreamReport.State.OPEN);
    }

    @Test
    void verify_truncatedBeforeExport_isNeverOk() throws IOException {
        Tampered tampered = Tampered.open(genuine)
                .lines("acme", lines -> lines.subList(4, 7).clear())
                .sealManifest(SIGNER);

        VerificationReport report = verify(tampered);

        assertThat(codes(report)).containsExactly(FindingCode.STREAM_OPEN);
        assertThat(report.findings().get(0).message())
                .isEqualTo("Stream " + stream(tampered) + " of tenant 'acme' is not closed after position 4:"
                        + " more events may have followed. Close its writer and export again.");
        assertThat(report.openHolds()).isEqualTo(2);
        assertThat(report.isVerified()).isFalse();
    }

    @Test
    void verify_twoLinesSwapped_namesTheOneThatStandsTooEarly() throws IOException {
        Tampered tampered = Tampered.open(genuine)
                .lines("acme", lines -> Collections.swap(lines, 2, 3))
                .sealManifest(SIGNER);

        VerificationReport report = verify(tampered);

        assertThat(codes(report)).containsExactly(FindingCode.EVENT_REORDERED);
        assertThat(report.findings().get(0).place().line()).isEqualTo(3);
        assertThat(report.findings().get(0).message())
                .isEqualTo("Event " + tampered.lines("acme").get(2).id() + " (position 4 of stream " + stream(tampered)
                        + ") stands before position 3: events stand in order of position. Ask who moved it.");
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    void verify_twoLinesSwappedAndOneEdited_namesTheEditedOne(int edited) throws IOException {
        Tampered tampered = Tampered.open(genuine);
        UUID event = tampered.lines("acme").get(edited - 1).id();
        tampered.line("acme", edited, line -> Tampered.edited(line, "run-1", "run-2"))
                .lines("acme", lines -> Collections.swap(lines, 2, 3));

        VerificationReport report = verify(tampered);

        assertThat(report.findings())
                .filteredOn(finding -> finding.code() == FindingCode.EVENT_EDITED)
                .extracting(finding -> finding.place().event())
                .containsExactly(event);
    }

    @Test
    @Timeout(60)
    void verify_positionFarBeyondTheOthers_countsTheGapWithoutWalkingIt() throws IOException {
        Tampered tampered = Tampered.open(genuine);
        UUID stream = stream(tampered);
        tampered.line(
                "acme",
                7,
                line -> Tampered.resigned(Tampered.seq(line, JsonObject.MAX_INTEGER), "acme", stream, SIGNER));

        assertThat(codes(verify(tampered))).contains(FindingCode.EVENT_MISSING);
    }

    @Test
    void verify_twoLinesSwappedAndRenumbered_isReordered() throws IOException {
        Tampered tampered = Tampered.open(genuine)
                .lines("acme", lines -> {
                    EventLine third = lines.get(2);
                    lines.set(2, Tampered.seq(lines.get(3), 3));
                    lines.set(3, Tampered.seq(third, 4));
                })
                .sealManifest(SIGNER);

        Finding first = firstOf(tampered);

        assertThat(first.code()).isEqualTo(FindingCode.EVENT_REORDERED);
        assertThat(first.place().line()).isEqualTo(3);
    }

    @Test
    void verify_contentsSwappedUnderTheirSeals_isReordered() throws IOException {
        Tampered tampered = Tampered.open(genuine)
                .lines("acme", lines -> {
                    EventLine third = lines.get(2);
                    EventLine fourth = lines.get(3);
                    lines.set(2, Tampered.event(third, fourth));
                    lines.set(3, Tampered.event(fourth, third));
                })
                .sealManifest(SIGNER);

        VerificationReport report = verify(tampered);

        assertThat(codes(report)).containsExactly(FindingCode.EVENT_REORDERED, FindingCode.EVENT_REORDERED);
        assertThat(report.findings().get(0).place().seq()).isEqualTo(3);
        EventLine third = tampered.lines("acme").get(2);
        EventLine fourth = tampered.lines("acme").get(3);
        assertThat(report.findings().get(0).message())
                .isEqualTo("Position 3 of stream " + stream(tampered) + " holds event " + third.id() + ", but event "
                        + fourth.id() + " was signed there. Ask who exchanged them.");
    }

    @Test
    void verify_duplicatedLine_namesTheCopy() throws IOException {
        Tampered tampered = Tampered.open(genuine)
                .lines("acme", lines -> lines.add(4, lines.get(2)))
                .sealManifest(SIGNER);

        VerificationReport report = verify(tampered);

        assertThat(codes(report)).containsExactly(FindingCode.EVENT_DUPLICATED);
        assertThat(report.findings().get(0).place().line()).isEqualTo(5);
        assertThat(report.findings().get(0).place().seq()).isEqualTo(3);
    }

    @Test
    void verify_oneEventSignedByAnotherKey_namesIt() throws IOException {
        Tampered tampered = Tampered.open(genuine);
        UUID stream = stream(tampered);
        tampered.line("acme", 5, line -> {
                    String payload = line.payload().replace("250000000", "150000000");
                    return Tampered.resigned(Tampered.payload(line, payload), "acme", stream, STRANGER);
                })
                .sealManifest(SIGNER);

        Finding first = firstOf(tampered);

        assertThat(first.code()).isEqualTo(FindingCode.KEY_NOT_ANCHORED);
        assertThat(first.place().seq()).isEqualTo(5);
        assertThat(first.message())
                .isEqualTo("Event " + tampered.lines("acme").get(4).id() + " (position 5 of stream " + stream
                        + ") is signed by key '" + STRANGER.keyId() + "', which the anchors do not hold: it proves"
                        + " nothing. Add the key only if its owner confirms it.");
    }

    @Test
    void verify_oneEventSignedByAnotherTrustedKey_isForgedAllTheSame() throws IOException {
        Tampered tampered = Tampered.open(genuine);
        UUID stream = stream(tampered);
        tampered.line("acme", 3, line -> Tampered.resigned(line, "acme", stream, STRANGER))
                .sealManifest(SIGNER);
        Anchors both = ANCHORS.with(STRANGER.verificationKey());

        VerificationReport report = BothWays.verify(tampered.save(directory.resolve("t.zip")), both);

        assertThat(codes(report)).containsExactly(FindingCode.EVENT_FORGED);
        assertThat(report.findings().get(0).place().seq()).isEqualTo(3);
    }

    @Test
    void verify_wholeStreamForgedWithOwnKey_isNotTrusted() {
        List<SealedAuditEvent> forged = Specimen.life(STRANGER, "acme", 0x3000);
        Path file = Specimen.export(directory.resolve("forged.zip"), forged, STRANGER);

        VerificationReport report = BothWays.verify(file, ANCHORS);

        assertThat(codes(report)).containsExactly(FindingCode.KEY_NOT_ANCHORED, FindingCode.MANIFEST_NOT_SIGNED);
        assertThat(report.findings().get(0).place().seq()).isEqualTo(1);
        assertThat(report.streams().get(0).state()).isEqualTo(StreamReport.State.OPEN);
        assertThat(report.money()).isEqualTo(VerificationReport.Money.NOT_PROVEN);
    }

    @Test
    void verify_streamTransplantedToAnotherTenant_namesItsFirstEvent() throws IOException {
        Tampered tampered = Tampered.open(genuine);
        byte[] stolen = tampered.files().get(tampered.streamFile("globex"));
        String target = tampered.streamFile("globex").replace("globex", "initech");
        tampered.remove(tampered.streamFile("globex")).files().put(target, stolen);
        tampered.sealManifest(SIGNER);

        Finding first = firstOf(tampered);

        assertThat(first.code()).isEqualTo(FindingCode.EVENT_FOREIGN);
        assertThat(first.place().tenant()).isEqualTo("initech");
        assertThat(first.place().seq()).isEqualTo(1);
        assertThat(first.message())
                .contains("stands under tenant 'initech' but is of tenant 'globex', for whom it is signed");
    }

    @Test
    void verify_brokenManifestDigest_stillNamesTheEvent() throws IOException {
        Tampered tampered = Tampered.open(genuine)
                .put("manifest.json", "{}")
                .line("globex", 2, line -> Tampered.edited(line, "1.00 USD", "9.00 USD"));

        VerificationReport report = verify(tampered);

        assertThat(report.findings().get(0).code()).isEqualTo(FindingCode.EVENT_EDITED);
        assertThat(report.findings().get(0).place().tenant()).isEqualTo("globex");
        assertThat(codes(report)).contains(FindingCode.MANIFEST_NOT_SIGNED, FindingCode.MANIFEST_MALFORMED);
    }

    @Test
    void verify_manifestSignedByStranger_isNotTrusted() throws IOException {
        Tampered tampered = Tampered.open(genuine).sealManifest(STRANGER);

        VerificationReport report = verify(tampered);

        assertThat(codes(report)).containsExactly(FindingCode.MANIFEST_NOT_SIGNED);
        assertThat(report.findings().get(0).message())
                .isEqualTo("The manifest is signed by key '" + STRANGER.keyId() + "', which the anchors do not hold:"
                        + " who exported the package is not proved. Export it again with a trusted key.");
    }

    @Test
    void verify_wholeStreamRemoved_namesTheFile() throws IOException {
        Tampered tampered = Tampered.open(genuine);
        String file = tampered.streamFile("globex");
        tampered.remove(file);

        VerificationReport report = verify(tampered);

        assertThat(codes(report)).contains(FindingCode.FILE_MISSING);
        assertThat(report.findings())
                .anyMatch(finding -> file.equals(finding.place().file()));
    }

    @Test
    void verify_foreignFile_isUnexpected() throws IOException {
        Tampered tampered =
                Tampered.open(genuine).put("../../etc/passwd", "x\n").put("zz.sh", "rm\n");

        VerificationReport report = verify(tampered);

        assertThat(codes(report)).containsExactly(FindingCode.FILE_UNEXPECTED, FindingCode.FILE_UNEXPECTED);
    }

    @Test
    void verify_noEvents_isNotVerified() {
        Path empty = Specimen.export(directory.resolve("empty.zip"), List.of());

        VerificationReport report = BothWays.verify(empty, ANCHORS);

        assertThat(codes(report)).containsExactly(FindingCode.PACKAGE_EMPTY);
        assertThat(report.summary()).isEqualTo("evidence: NOT verified, 0 events, 1 findings");
    }

    @Test
    void verify_emptyAnchors_trustsNothing() {
        VerificationReport report = BothWays.verify(genuine, Anchors.of());

        assertThat(codes(report))
                .containsExactly(
                        FindingCode.KEY_NOT_ANCHORED, FindingCode.KEY_NOT_ANCHORED, FindingCode.MANIFEST_NOT_SIGNED);
    }

    @Test
    void verify_noZip_isUnreadable() throws IOException {
        Path file = Files.writeString(directory.resolve("text.zip"), "This is no zip file, but it is long enough.");

        VerificationReport report = BothWays.verify(file, ANCHORS);

        assertThat(codes(report)).containsExactly(FindingCode.PACKAGE_UNREADABLE);
    }

    @Test
    void verify_missingFile_isAFailureNotAFinding() {
        Path file = directory.resolve("none.zip");

        assertThatExceptionOfType(EvidenceException.class)
                .isThrownBy(() -> BothWays.verify(file, ANCHORS))
                .withMessage("Evidence package " + file + " does not exist. Name the zip itself.");
        assertThatExceptionOfType(EvidenceException.class)
                .isThrownBy(() -> BothWays.verify(directory, ANCHORS))
                .withMessage("Evidence package " + directory + " is a directory. Name the zip itself.");
    }

    private VerificationReport verify(Tampered tampered) throws IOException {
        return BothWays.verify(tampered.save(directory.resolve("tampered.zip")), ANCHORS);
    }

    private Finding firstOf(Tampered tampered) throws IOException {
        return verify(tampered).findings().get(0);
    }

    private static List<FindingCode> codes(VerificationReport report) {
        return report.findings().stream().map(Finding::code).toList();
    }

    private static UUID stream(Tampered tampered) {
        String file = tampered.streamFile("acme");
        return UUID.fromString(file.substring("events/acme/".length(), file.length() - ".jsonl".length()));
    }
}
