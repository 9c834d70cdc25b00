package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.KeyRevocation;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.json.JsonObject;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.P256Signer;
import io.spendguard.proof.Signer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key signs the first half of a budget's life before checkpoint 2 and the second half after it. */
class RevocationTest {
    private static final String TENANT = "acme";
    private static final Signer OLD = Ed25519Signer.generate();
    private static final Signer NEW = Ed25519Signer.generate();
    private static final Signer LOG = P256Signer.generate();
    private static final Signer EXPORTER = Ed25519Signer.generate();
    private static final Anchors ANCHORS =
            Anchors.of(OLD.verificationKey(), NEW.verificationKey(), LOG.verificationKey(), EXPORTER.verificationKey());
    private static final List<SealedAuditEvent> OTHERS = Specimen.life(NEW, "globex", 0x9000);
    /** Another tenant's head comes first, so that sizes of the log and of a tree differ. */
    private static final long REVOKED_AT = 2;

    private final List<SealedAuditEvent> before = new ArrayList<>();
    private final List<SealedAuditEvent> after = new ArrayList<>();
    private int exports;

    @TempDir
    private Path directory;

    @BeforeEach
    void liveTwoHalves() {
        write(OLD, OLD);
    }

    @Test
    void verify_keyRevokedAfterItsLastEvent_holds() {
        write(OLD, NEW);

        assertThat(verify(log(), ANCHORS.revoke(OLD.keyId(), REVOKED_AT)).findings())
                .isEmpty();
    }

    @Test
    void verify_rotatedWithOverlap_holdsWhileNothingIsRevoked() {
        write(OLD, NEW);

        assertThat(verify(log(), ANCHORS).findings()).isEmpty();
    }

    @Test
    void verify_eventAfterItsKeyWasRevoked_isNamed() {
        VerificationReport report = verify(log(), ANCHORS.revoke(OLD.keyId(), REVOKED_AT));

        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.KEY_REVOKED);
            assertThat(finding.place().stream()).isEqualTo(after.get(0).stream());
            assertThat(finding.place().seq()).isEqualTo(after.get(0).seq());
            assertThat(finding.message())
                    .isEqualTo("Event " + after.get(0).event().id() + " (position 1 of stream "
                            + after.get(0).stream() + ") is signed by key '" + OLD.keyId()
                            + "', which was revoked, or its root, at checkpoint 2: that checkpoint does not cover the"
                            + " event. Ask who signed it.");
        });
        assertThat(report.money()).isEqualTo(VerificationReport.Money.NOT_PROVEN);
    }

    @Test
    void verify_eventInTheMiddleOfAStream_isTheFirstThatTheCheckpointDoesNotCover() {
        List<SealedAuditEvent> life = Specimen.life(OLD, TENANT, 1);
        SpecimenLog log = SpecimenLog.by(LOG).take(life.subList(0, 4)).take(life.subList(4, 7));

        VerificationReport report = Verifier.verify(export(life, log), ANCHORS.revoke(OLD.keyId(), 1));

        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.KEY_REVOKED);
            assertThat(finding.place().seq()).isEqualTo(5);
        });
    }

    @Test
    void verify_eventThatNoCheckpointCoversYet_isNamed() {
        SpecimenLog log = SpecimenLog.by(LOG).take(OTHERS).take(before);

        VerificationReport report = verify(log, ANCHORS.revoke(OLD.keyId(), REVOKED_AT));

        assertThat(codes(report)).containsExactly(FindingCode.KEY_REVOKED);
    }

    @Test
    void verify_revokedKeyWithoutALog_provesNothing() {
        VerificationReport report = Verifier.verify(export(all(), null), ANCHORS.revoke(OLD.keyId(), REVOKED_AT));

        assertThat(codes(report)).containsExactly(FindingCode.KEY_REVOKED, FindingCode.KEY_REVOKED);
    }

    @Test
    void verify_keyRevokedFromTheBeginning_provesNothing() {
        assertThat(codes(verify(log(), ANCHORS.revoke(OLD.keyId(), 0))))
                .containsExactly(FindingCode.KEY_REVOKED, FindingCode.KEY_REVOKED);
    }

    @Test
    void verify_runsThatMoveTheEventBeforeTheRevocation_differFromTheLog() {
        SpecimenLog log = log().showRuns(runs -> {
            List<LogRun> moved = new ArrayList<>();
            moved.add(new LogRun(TENANT, 0, after.get(0).stream(), 1, after.size()));
            moved.add(new LogRun(TENANT, after.size(), before.get(0).stream(), 1, before.size()));
            runs.stream().filter(run -> !run.tenant().equals(TENANT)).forEach(moved::add);
            return moved;
        });

        assertThat(codes(verify(log, ANCHORS.revoke(OLD.keyId(), REVOKED_AT)))).contains(FindingCode.LOG_DIFFERS);
    }

    @Test
    void verify_checkpointSignedByARevokedKey_isNotSigned() {
        write(NEW, NEW);

        assertThat(codes(verify(log(), ANCHORS.revoke(LOG.keyId(), REVOKED_AT))))
                .containsExactly(FindingCode.CHECKPOINT_NOT_SIGNED);
        assertThat(codes(verify(log(), ANCHORS.revoke(LOG.keyId(), 3)))).isEmpty();
    }

    @Test
    void verify_manifestOfARevokedKey_isSignedOnlyUpToThere() {
        write(NEW, NEW);

        assertThat(codes(verify(log(), ANCHORS.revoke(EXPORTER.keyId(), REVOKED_AT))))
                .containsExactly(FindingCode.MANIFEST_NOT_SIGNED);
        assertThat(codes(verify(log(), ANCHORS.revoke(EXPORTER.keyId(), 3)))).isEmpty();
        assertThat(codes(Verifier.verify(export(all(), null), ANCHORS.revoke(EXPORTER.keyId(), 3))))
                .containsExactly(FindingCode.MANIFEST_NOT_SIGNED);
    }

    @Test
    void verify_certifiedKeyWhoseRootWasRevoked_isNamedFromThereOn() {
        Signer root = P256Signer.generate();
        Signer other = P256Signer.generate();
        Ed25519Signer local = Ed25519Signer.generate();
        Anchors both = ANCHORS.with(root.verificationKey()).with(other.verificationKey());
        write(Stating.by(root, local), Stating.by(root, local));

        assertThat(codes(verify(log(), both))).isEmpty();
        assertThat(codes(verify(log(), both.revoke(root.keyId(), REVOKED_AT))))
                .containsExactly(FindingCode.KEY_REVOKED);
        assertThat(codes(verify(log(), both.revoke(local.keyId(), REVOKED_AT))))
                .containsExactly(FindingCode.KEY_REVOKED);

        write(Stating.by(root, local), Stating.by(other, local));
        assertThat(codes(verify(log(), both.revoke(root.keyId(), REVOKED_AT))))
                .as("another root's word stands")
                .isEmpty();
    }

    @Test
    void verify_revocationThatTheAnchorsDoNotKnow_isNamed_andNoneThatTheyDo() {
        write(OLD, NEW);
        AuditEvent statement = state(OLD.keyId(), REVOKED_AT);

        VerificationReport unaware = verify(log(), ANCHORS);

        assertThat(unaware.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.REVOCATION_UNKNOWN);
            assertThat(finding.place().event()).isEqualTo(statement.id());
            assertThat(finding.message())
                    .isEqualTo("Event " + statement.id() + " states that key '" + OLD.keyId()
                            + "' is revoked at checkpoint 2 (laptop stolen), but the anchors trust it beyond. Ask its owner, and"
                            + " take it over: spendguard keys revoke " + OLD.keyId() + " --at 2 --anchors FILE");
        });
        assertThat(codes(verify(log(), ANCHORS.revoke(OLD.keyId(), 3))))
                .as("revoked later than stated")
                .containsExactly(FindingCode.REVOCATION_UNKNOWN);
        assertThat(codes(verify(log(), ANCHORS.revoke(OLD.keyId(), REVOKED_AT))))
                .isEmpty();
    }

    @Test
    void verify_revocationOfACertifiedKey_isKnownWithThatOfItsRoot() {
        Signer root = P256Signer.generate();
        Ed25519Signer local = Ed25519Signer.generate();
        Anchors certifying = ANCHORS.with(root.verificationKey());
        write(Stating.by(root, local), NEW);
        state(local.keyId(), REVOKED_AT);

        assertThat(codes(verify(log(), certifying))).containsExactly(FindingCode.REVOCATION_UNKNOWN);
        assertThat(codes(verify(log(), certifying.revoke(root.keyId(), REVOKED_AT))))
                .isEmpty();
    }

    @Test
    void verify_revocationOfAKeyThatNobodyTrusts_isNothing() {
        write(OLD, NEW);
        state(Ed25519Signer.generate().keyId(), 0);

        assertThat(codes(verify(log(), ANCHORS))).isEmpty();
    }

    @Test
    void verify_revocationWithoutAReason_isMalformed() {
        write(OLD, NEW);
        after.clear();
        Specimen late = Specimen.writer(NEW, 0x3000);
        late.write(late.event(
                EventTypes.KEY_REVOKED,
                TENANT,
                facts -> facts.put(
                        "revocation",
                        JsonObject.create().put("key", OLD.keyId()).put("size", 2))));
        after.addAll(late.close());

        assertThat(codes(verify(log(), ANCHORS))).containsExactly(FindingCode.EVENT_DATA_MALFORMED);
    }

    /** In place of what the second half held. */
    private AuditEvent state(String key, long size) {
        after.clear();
        Specimen late = Specimen.writer(NEW, 0x3000);
        AuditEvent statement = late.event(
                EventTypes.KEY_REVOKED,
                TENANT,
                facts -> facts.put("revocation", new KeyRevocation(key, size, "laptop stolen").toJson()));
        late.write(statement);
        after.addAll(late.close());
        return statement;
    }

    private void write(Signer first, Signer second) {
        before.clear();
        after.clear();
        Specimen early = Specimen.writer(first, 0x100);
        early.write(early.opening(TENANT), early.decision(TENANT, early.id(), 300_000_000));
        before.addAll(early.close());
        Specimen late = Specimen.writer(second, 0x2000);
        late.write(late.decision(TENANT, late.id(), 200_000_000));
        after.addAll(late.close());
    }

    private SpecimenLog log() {
        return SpecimenLog.by(LOG).take(OTHERS).take(before).take(after);
    }

    private List<SealedAuditEvent> all() {
        List<SealedAuditEvent> events = new ArrayList<>(before);
        events.addAll(after);
        return events;
    }

    private VerificationReport verify(SpecimenLog log, Anchors anchors) {
        List<SealedAuditEvent> events = all();
        events.addAll(OTHERS);
        return Verifier.verify(export(events, log), anchors);
    }

    private Path export(List<SealedAuditEvent> events, SpecimenLog log) {
        return Specimen.export(directory.resolve("e" + exports++ + ".zip"), events, EXPORTER, log);
    }

    private static List<FindingCode> codes(VerificationReport report) {
        return report.findings().stream().map(Finding::code).toList();
    }
}
