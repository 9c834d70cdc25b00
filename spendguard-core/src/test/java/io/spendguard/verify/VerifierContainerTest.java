package io.spendguard.verify;

import static io.spendguard.verify.Specimen.ANCHORS;
import static io.spendguard.verify.Specimen.SIGNER;
import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.json.JsonObject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be done to the container and its manifest with every event left as it is. */
class VerifierContainerTest {
    @TempDir
    Path directory;

    private Tampered tampered;

    @BeforeEach
    void export() throws IOException {
        tampered =
                Tampered.open(Specimen.export(directory.resolve("genuine.zip"), Specimen.life(SIGNER, "acme", 0x1000)));
    }

    @Test
    void zip_untouched_isVerified() throws IOException {
        assertThat(codes(zip(files(), 0, ""))).isEmpty();
    }

    @Test
    void zip_bytesBetweenEntriesAndDirectory_areFound() throws IOException {
        assertThat(codes(zip(files(), 0, "hidden"))).containsExactly(FindingCode.CONTAINER_MALFORMED);
    }

    @Test
    void zip_sameNameTwice_isFound() throws IOException {
        List<Map.Entry<String, byte[]>> twice = files();
        twice.add(0, twice.get(0));

        assertThat(codes(zip(twice, 0, ""))).contains(FindingCode.CONTAINER_MALFORMED);
    }

    @Test
    void zip_checksumsThatAgreeWithEachOtherOnly_areFound() throws IOException {
        assertThat(codes(zip(files(), 1, ""))).containsOnly(FindingCode.FILE_ALTERED);
    }

    @Test
    void file_namedByAnotherDigest_isFound() throws IOException {
        tampered.put("contracts/" + "0".repeat(64) + ".json", "{}").sealManifest(SIGNER);

        assertThat(codes(zip(files(), 0, ""))).containsExactly(FindingCode.FILE_ALTERED);
    }

    @Test
    void manifest_countsOtherEvents_isFound() throws IOException {
        EvidenceManifest before = EvidenceManifest.parse(tampered.files().get(PackageNames.MANIFEST));
        sign(
                new EvidenceManifest(
                        before.createdAt(), before.filter(), before.events() + 1, before.files(), before.streams()),
                "Ed25519");

        assertThat(codes(zip(files(), 0, ""))).containsExactly(FindingCode.MANIFEST_MALFORMED);
    }

    @Test
    void signature_saysAnotherAlgorithm_isFound() throws IOException {
        sign(EvidenceManifest.parse(tampered.files().get(PackageNames.MANIFEST)), "Ed448");

        assertThat(codes(zip(files(), 0, ""))).containsExactly(FindingCode.MANIFEST_MALFORMED);
    }

    /** A thousand findings of each kind are kept: what each quotes must not be as long as a package allows. */
    @Test
    void line_labelsOfAMillionCharacters_areCutInTheReport() throws IOException {
        String endless = "x".repeat(1_000_000);
        tampered.line("acme", 3, line -> labelled(line, endless, line.keyId()))
                .line("acme", 4, line -> labelled(line, line.type(), endless));

        VerificationReport report = Verifier.verify(zip(files(), 0, ""), ANCHORS);

        assertThat(report.findings())
                .extracting(Finding::code)
                .contains(FindingCode.EVENT_MISLABELLED, FindingCode.KEY_NOT_ANCHORED);
        assertThat(report.findings())
                .allSatisfy(finding -> assertThat(finding.message()).hasSizeLessThan(4_100));
        assertThat(report.keys()).allSatisfy(key -> assertThat(key.id()).hasSizeLessThan(210));
    }

    /** Its bytes would be read into memory before anything else is known of the package. */
    @Test
    void zip_directoryLargerThanAnyPackageHas_isRefused() throws IOException {
        long length = (64L << 20) + 1;
        Path file = directory.resolve("vast.zip");
        try (RandomAccessFile vast = new RandomAccessFile(file.toFile(), "rw")) {
            vast.seek(length);
            vast.write(StoredZip.end(1, length, 0));
        }

        assertThat(Verifier.verify(file, ANCHORS).findings())
                .extracting(Finding::message)
                .startsWith(
                        "The package has a directory of 67108865 bytes, which no package has. Get it from its source once"
                                + " more.");
    }

    private static EventLine labelled(EventLine line, String type, String keyId) {
        return new EventLine(
                line.id(),
                type,
                line.payload(),
                line.seq(),
                line.chain(),
                line.batchSize(),
                line.leafIndex(),
                line.path(),
                line.signature(),
                keyId);
    }

    private List<Map.Entry<String, byte[]>> files() {
        return new ArrayList<>(tampered.files().entrySet());
    }

    private void sign(EvidenceManifest manifest, String algorithm) {
        String signature = Base64.getEncoder().encodeToString(SIGNER.sign(SealFormat.manifest(manifest.toBytes())));
        tampered.files().put(PackageNames.MANIFEST, manifest.toBytes());
        tampered.put(
                PackageNames.SIGNATURE,
                JsonObject.create()
                        .put("algorithm", algorithm)
                        .put("keyId", SIGNER.keyId())
                        .put("signature", signature)
                        .toString());
    }

    private Path zip(List<Map.Entry<String, byte[]>> files, long crcOff, String gap) throws IOException {
        return Files.write(directory.resolve("tampered.zip"), Tampered.zip(files, crcOff, gap));
    }

    private static List<FindingCode> codes(Path file) {
        return Verifier.verify(file, ANCHORS).findings().stream()
                .map(Finding::code)
                .toList();
    }
}
