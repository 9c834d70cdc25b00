package io.spendguard.verify;

import static io.spendguard.verify.Specimen.ANCHORS;
import static io.spendguard.verify.Specimen.SIGNER;
import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonObject;
import java.io.IOException;
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
        return BothWays.verify(file, ANCHORS).findings().stream()
                .map(Finding::code)
                .toList();
    }
}
