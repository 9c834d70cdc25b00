package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonObject;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.P256Signer;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events signed by a key that no anchor holds, on a root's word. */
class CertificateTest {
    private static final String TENANT = "acme";
    private static final Signer ROOT = P256Signer.generate();
    private static final Anchors ANCHORS = Anchors.of(ROOT.verificationKey());
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir
    private Path directory;

    @Test
    void verify_certifiedKey_holdsFromTheRootsAnchorAlone() {
        VerificationReport report = verify(certified(Specimen.NOW, HOUR));

        assertThat(report.findings()).isEmpty();
        assertThat(report.summary()).isEqualTo("evidence: verified, 7 events, 0 findings");
        assertThat(report.keys()).singleElement().satisfies(key -> {
            assertThat(key.isAnchored()).isFalse();
            assertThat(key.certifiedBy()).isEqualTo(ROOT.keyId());
        });
    }

    @Test
    void verify_certifiedKeyWithoutTheRoot_isNotAnchored() {
        Path file = export(certified(Specimen.NOW, HOUR));

        assertThat(codes(Verifier.verify(file, Anchors.of(P256Signer.generate().verificationKey()))))
                .startsWith(FindingCode.KEY_NOT_ANCHORED);
    }

    @Test
    void verify_certifiedKeyThatAlsoSignedTheManifest_holds() {
        Signer local = certified(Specimen.NOW, HOUR);
        Path file = Specimen.export(directory.resolve("own.zip"), Specimen.life(local, TENANT, 1), local);

        assertThat(Verifier.verify(file, ANCHORS).findings()).isEmpty();
    }

    @Test
    void verify_manifestOfAKeyCertifiedForAnotherTime_isNotSigned() {
        Signer exporter = certified(Specimen.NOW.minus(Duration.ofHours(2)), HOUR);
        Specimen writer = Specimen.writer(certified(Specimen.NOW, HOUR), 1);
        writer.write(writer.opening(TENANT));
        Specimen stating = Specimen.writer(exporter, 1_000);
        stating.write(stating.opening("other"));
        writer.close();
        List<SealedAuditEvent> events = new ArrayList<>(writer.leaveOpen());
        events.addAll(stating.close());

        Path file = Specimen.export(directory.resolve("late.zip"), events, exporter);

        assertThat(codes(Verifier.verify(file, ANCHORS)))
                .contains(FindingCode.CERTIFICATE_EXPIRED, FindingCode.MANIFEST_NOT_SIGNED);
    }

    @Test
    void verify_eventAfterTheCertificateEnded_isExpired() {
        Finding first =
                verify(certified(Specimen.NOW.minus(HOUR), HOUR)).findings().get(0);

        assertThat(first.code()).isEqualTo(FindingCode.CERTIFICATE_EXPIRED);
        assertThat(first.place().seq()).isEqualTo(1);
        assertThat(first.message())
                .contains(") is dated 2026-11-23T12:00:00Z, but the certificate of its key '")
                .endsWith("' ended at 2026-11-23T12:00:00Z: a key signs while it is certified. Ask who signed it.");
    }

    @Test
    void verify_eventBeforeTheCertificateBegins_isNotYetValid() {
        Finding first =
                verify(certified(Specimen.NOW.plusSeconds(1), HOUR)).findings().get(0);

        assertThat(first.code()).isEqualTo(FindingCode.CERTIFICATE_NOT_YET_VALID);
        assertThat(first.message())
                .endsWith(
                        "' begins only at 2026-11-23T12:00:01Z: a key signs while it is certified. Ask who signed it.");
    }

    @Test
    void verify_certificateOfAnotherTenant_isForeign() {
        Signer local = Ed25519Signer.generate();
        KeyCertificate other =
                KeyCertificate.issue(ROOT, local.verificationKey(), List.of("globex"), Specimen.NOW, HOUR);

        Finding first = verify(new Stating(local, other)).findings().get(0);

        assertThat(first.code()).isEqualTo(FindingCode.CERTIFICATE_FOREIGN);
        assertThat(first.message())
                .endsWith("is signed by key '" + local.keyId()
                        + "', which no root certified for tenant 'acme': it proves nothing here. Ask who signed it.");
    }

    @Test
    void verify_certificateTheRootDidNotSign_isForged() {
        Signer local = Ed25519Signer.generate();
        KeyCertificate genuine =
                KeyCertificate.issue(ROOT, Ed25519Signer.generate().verificationKey(), List.of(), Specimen.NOW, HOUR);
        KeyCertificate forged = new KeyCertificate(
                local.verificationKey(),
                List.of(),
                genuine.notBefore(),
                genuine.notAfter(),
                ROOT.keyId(),
                genuine.signature());

        VerificationReport report = verify(new Stating(local, forged));

        Finding first = report.findings().get(0);
        assertThat(first.code()).isEqualTo(FindingCode.CERTIFICATE_FORGED);
        assertThat(first.message())
                .endsWith("is signed by key '" + local.keyId()
                        + "', whose certificate is not what its root signed: it proves nothing. Ask who made it.");
        assertThat(report.findings())
                .anySatisfy(finding -> assertThat(finding.message())
                        .isEqualTo("A certificate of key '" + local.keyId() + "' is not what root '" + ROOT.keyId()
                                + "' signed: it proves nothing. Ask who made it."));
    }

    @Test
    void verify_certificateThatACertifiedKeyIssued_countsForNothing() {
        Signer middle = certified(Specimen.NOW, HOUR);
        Signer local = Ed25519Signer.generate();
        KeyCertificate chained = KeyCertificate.issue(middle, local.verificationKey(), List.of(), Specimen.NOW, HOUR);
        Specimen writer = Specimen.writer(new Stating(local, chained), 1);
        writer.write(writer.opening(TENANT));
        Specimen stating = Specimen.writer(middle, 1_000);
        stating.write(stating.opening("other"));
        writer.close();
        List<SealedAuditEvent> events = new ArrayList<>(writer.leaveOpen());
        events.addAll(stating.close());

        Path file = Specimen.export(directory.resolve("chained.zip"), events, ROOT);

        assertThat(codes(Verifier.verify(file, ANCHORS))).startsWith(FindingCode.KEY_NOT_ANCHORED);
    }

    @Test
    void verify_illegibleCertificate_isAFinding() throws IOException {
        Tampered tampered = Tampered.open(export(certified(Specimen.NOW, HOUR)));
        String keys = new String(tampered.files().get(PackageNames.KEYS), StandardCharsets.UTF_8);
        tampered.put(PackageNames.KEYS, keys.replace("\"notAfter\":\"2026-11-23T13", "\"notAfter\":\"2026-11-25T13"))
                .sealManifest(ROOT);

        VerificationReport report = Verifier.verify(tampered.save(directory.resolve("illegible.zip")), ANCHORS);

        assertThat(codes(report)).contains(FindingCode.CERTIFICATE_FORGED, FindingCode.KEY_NOT_ANCHORED);
    }

    @Test
    void seal_certificateRenewed_isStatedOnceInTheStreamAndBothHold() {
        Stating local = certified(Specimen.NOW.minus(HOUR), HOUR.plusSeconds(1));
        Specimen writer = Specimen.writer(local, 1);
        writer.write(writer.opening(TENANT));
        local.state(KeyCertificate.issue(ROOT, local.verificationKey(), List.of(), Specimen.NOW, HOUR));
        writer.write(writer.decision(TENANT, writer.id()));
        writer.write(writer.decision(TENANT, writer.id()));
        List<SealedAuditEvent> events = writer.close();

        assertThat(events.stream().map(event -> event.event().type()).toList())
                .containsExactly(
                        EventTypes.STREAM_OPENED,
                        EventTypes.ACCOUNT_OPENED,
                        EventTypes.KEY_CERTIFIED,
                        EventTypes.DECISION,
                        EventTypes.DECISION,
                        EventTypes.STREAM_CLOSED);
        Path file = Specimen.export(directory.resolve("renewed.zip"), events, ROOT);
        assertThat(Verifier.verify(file, ANCHORS).findings()).isEmpty();
    }

    @Test
    void package_manyStreamsOfOneCertificate_holdsItOnce() throws IOException {
        Signer local = certified(Specimen.NOW, HOUR);
        Specimen writer = Specimen.writer(local, 1);
        writer.write(writer.opening(TENANT));
        writer.write(writer.opening("other"));
        Path file = Specimen.export(directory.resolve("two.zip"), writer.close(), ROOT);

        JsonObject keys = JsonObject.parse(Tampered.open(file).files().get(PackageNames.KEYS));

        assertThat(keys.objects("certificates")).hasSize(1);
    }

    /** Each event would be held against each of them. */
    @Test
    void verify_certificateListedTwice_isLookedAtOnce() throws IOException {
        Tampered tampered = Tampered.open(export(certified(Specimen.NOW, Duration.ofHours(1))));
        JsonObject keys = JsonObject.parse(tampered.files().get(PackageNames.KEYS));
        String genuine = keys.objects("certificates").get(0).toString();
        String forged = genuine.replace("\"notAfter\":\"2026-11-23T13", "\"notAfter\":\"2026-11-23T14");
        tampered.change(PackageNames.KEYS, text -> text.replace(genuine, genuine + "," + forged + "," + forged));

        VerificationReport report =
                Verifier.verify(Files.write(directory.resolve("t.zip"), tampered.toBytes()), ANCHORS);

        assertThat(report.findings()).extracting(Finding::code).containsOnlyOnce(FindingCode.CERTIFICATE_FORGED);
    }

    private static Stating certified(Instant from, Duration validity) {
        Signer local = Ed25519Signer.generate();
        return new Stating(local, KeyCertificate.issue(ROOT, local.verificationKey(), List.of(), from, validity));
    }

    private Path export(Signer local) {
        return Specimen.export(directory.resolve("e.zip"), Specimen.life(local, TENANT, 1), ROOT);
    }

    private VerificationReport verify(Signer local) {
        return Verifier.verify(export(local), ANCHORS);
    }

    private static List<FindingCode> codes(VerificationReport report) {
        return report.findings().stream().map(Finding::code).toList();
    }
}
