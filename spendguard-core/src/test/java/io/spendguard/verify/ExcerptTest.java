package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packages of some events of a stream: each proves itself, and nothing tells that there are no others. */
class ExcerptTest {
    private static final Signer LOG = Ed25519Signer.generate();
    private static final List<SealedAuditEvent> ACME = Specimen.life(Specimen.SIGNER, "acme", 0x1000);
    private static final List<SealedAuditEvent> GLOBEX = Specimen.life(Specimen.SIGNER, "globex", 0x2000);
    private static final EvidenceFilter RUN_1 = EvidenceFilter.ALL.ofRun("run-1");
    private static final EvidenceFilter ALWAYS = EvidenceFilter.ALL.between(Specimen.NOW, null);

    @TempDir
    private Path directory;

    private int exports;

    @Test
    void verify_excerpt_saysWhatItCannotShow() throws IOException {
        VerificationReport report = verify(export(RUN_1, SpecimenLog.by(LOG).take(ACME)), anchors());

        assertThat(report.summary()).isEqualTo("evidence: verified (filtered), 4 events, 0 findings");
        assertThat(report.unprovedLine()).contains("NOT PROVEN (filtered): completeness, chain continuity, balances");
        assertThat(report.money()).isEqualTo(VerificationReport.Money.FILTERED);
        assertThat(report.accounts()).isEmpty();
        assertThat(report.streams()).extracting(StreamReport::state).containsOnly(StreamReport.State.FILTERED);
        assertThat(report.notes())
                .contains(
                        "filter: run 'run-1'; each event is proved by itself, that there are no others is not",
                        "money: NOT PROVEN (filtered)")
                .anyMatch(note -> note.endsWith(": 2 of the events here are shown to be under it, 2 are not"));
    }

    @Test
    void verify_wholePackage_provesAll() throws IOException {
        VerificationReport report = verify(export(EvidenceFilter.ALL, null), Specimen.ANCHORS);

        assertThat(report.unproved()).isEmpty();
        assertThat(report.unprovedLine()).isEmpty();
        assertThat(report.summary()).isEqualTo("evidence: verified, 14 events, 0 findings");
    }

    @Test
    void verify_excerptSignedAsEverything_hasGaps() throws IOException {
        Tampered excerpt = Tampered.open(export(RUN_1, null)).sealManifest(Specimen.SIGNER, EvidenceFilter.ALL);

        assertThat(verify(save(excerpt), Specimen.ANCHORS).findings())
                .extracting(Finding::code)
                .contains(FindingCode.EVENT_MISSING, FindingCode.STREAM_OPEN, FindingCode.STREAM_MALFORMED);
    }

    @Test
    void verify_excerptOfEveryEventSignedAsEverything_isStillNone() throws IOException {
        Tampered excerpt = Tampered.open(export(ALWAYS, null)).sealManifest(Specimen.SIGNER, EvidenceFilter.ALL);

        assertThat(verify(save(excerpt), Specimen.ANCHORS).findings())
                .extracting(Finding::code)
                .containsOnly(FindingCode.STREAM_MALFORMED);
    }

    @Test
    void verify_wholePackageSignedAsExcerpt_isNone() throws IOException {
        Tampered whole = Tampered.open(
                        export(EvidenceFilter.ALL, SpecimenLog.by(LOG).take(ACME)))
                .sealManifest(Specimen.SIGNER, ALWAYS);

        assertThat(verify(save(whole), anchors()).findings())
                .extracting(Finding::code)
                .contains(FindingCode.LINE_MALFORMED, FindingCode.LOG_MALFORMED);
    }

    @Test
    void verify_keyRevokedLater_believesWhatTheCheckpointThenCovers() throws IOException {
        SpecimenLog log = SpecimenLog.by(LOG)
                .take(ACME.subList(0, 3))
                .take(ACME.subList(3, 7))
                .take(GLOBEX);
        Signer exporter = Ed25519Signer.generate();
        Path file = directory.resolve("revoked.zip");
        Specimen.export(file, events(), exporter, log, RUN_1);

        VerificationReport report = verify(
                file,
                Anchors.of(Specimen.SIGNER.verificationKey(), LOG.verificationKey(), exporter.verificationKey())
                        .revoke(Specimen.SIGNER.keyId(), 1));

        assertThat(report.findings()).extracting(Finding::code).containsOnly(FindingCode.KEY_REVOKED);
        assertThat(report.findings())
                .extracting(finding ->
                        finding.place().tenant() + " " + finding.place().seq())
                .containsExactly("acme 4", "globex 3");
    }

    @Test
    void export_byTime_isHalfOpen() throws IOException {
        assertThat(verify(export(ALWAYS, null), Specimen.ANCHORS).events()).isEqualTo(14);
        assertThatExceptionOfType(EvidenceException.class)
                .isThrownBy(() -> export(EvidenceFilter.ALL.between(null, Specimen.NOW), null))
                .withMessage("No event matches the filter (until 2026-11-23T12:00:00Z), so there is nothing to prove."
                        + " Widen it.");
        assertThat(directory.resolve("e1.zip")).doesNotExist();
    }

    @Test
    void export_byBudget_takesWhatNamesIt() throws IOException {
        Path file = export(EvidenceFilter.ofTenant("acme").ofBudget("team"), null, ACME);

        assertThat(Tampered.open(file).lines("acme"))
                .extracting(EventLine::type)
                .containsOnly(EventTypes.ACCOUNT_OPENED, EventTypes.OUTCOME);
        assertThat(verify(file, Specimen.ANCHORS).findings()).isEmpty();
    }

    private Path export(EvidenceFilter filter, @Nullable LogExport log) {
        return export(filter, log, events());
    }

    private Path export(EvidenceFilter filter, @Nullable LogExport log, List<SealedAuditEvent> events) {
        return Specimen.export(directory.resolve("e" + exports++ + ".zip"), events, Specimen.SIGNER, log, filter);
    }

    private Path save(Tampered tampered) throws IOException {
        return tampered.save(directory.resolve("tampered.zip"));
    }

    private static Anchors anchors() {
        return Anchors.of(Specimen.SIGNER.verificationKey(), LOG.verificationKey());
    }

    private static VerificationReport verify(Path file, Anchors anchors) {
        return BothWays.verify(file, anchors);
    }

    private static List<SealedAuditEvent> events() {
        List<SealedAuditEvent> events = new ArrayList<>(ACME);
        events.addAll(GLOBEX);
        return events;
    }
}
