package io.spendguard.verify;

import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.VerificationKey;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Checks what the manifest says against what is there, and who signed it. */
final class ManifestCheck {
    private static final int MAX_BYTES = 64 << 20;

    private final KeyTrust keys;
    private final Findings findings;
    private final Map<String, EvidenceManifest.File> files = new HashMap<>();
    private final Map<PackageNames.StreamName, EvidenceManifest.Stream> streams = new HashMap<>();
    private @Nullable EvidenceManifest manifest;
    private @Nullable String signedBy;

    ManifestCheck(KeyTrust keys, Findings findings) {
        this.keys = keys;
        this.findings = findings;
    }

    void read(PackageReader reader, List<StoredZip.Entry> entries) throws IOException {
        byte[] content = content(reader, entries, PackageNames.MANIFEST);
        byte[] signature = content(reader, entries, PackageNames.SIGNATURE);
        byte[] listedKeys = content(reader, entries, PackageNames.KEYS);
        if (listedKeys != null) {
            keys.read(listedKeys);
        }
        if (content == null || signature == null || listedKeys == null) {
            return; // said where they were looked for
        }
        requireSignature(content, signature);
        try {
            EvidenceManifest read = EvidenceManifest.parse(content);
            requireCertified(read, signature);
            if (!Arrays.equals(read.toBytes(), content)) {
                malformed(PackageNames.MANIFEST, "it is not canonical, or has members it should not have");
            }
            manifest = read;
            read.files().forEach(file -> files.put(file.name(), file));
            read.streams().forEach(it -> streams.put(new PackageNames.StreamName(it.tenant(), it.stream()), it));
        } catch (JsonException notAManifest) {
            malformed(PackageNames.MANIFEST, String.valueOf(notAManifest.getMessage()));
        }
    }

    Optional<EvidenceManifest> manifest() {
        return Optional.ofNullable(manifest);
    }

    EvidenceManifest.@Nullable Stream stream(PackageNames.StreamName name) {
        return streams.get(name);
    }

    /** Compares a file with its checksum, its name and the manifest. */
    void compare(StoredZip.Entry entry, long crc, Digest digest) {
        String name = PackageReader.printable(entry.name());
        if (crc != entry.crc()) {
            altered(name, "its checksum in the zip is another");
        }
        Optional<Digest> named = PackageNames.parseMember(entry.name());
        if (named.isPresent() && !named.get().equals(digest)) {
            altered(name, "it is named by another digest");
        }
        if (isKnown(entry.name())) {
            return;
        }
        EvidenceManifest.File expected = files.get(entry.name());
        if (expected == null) {
            if (manifest != null || !isPossible(entry.name())) {
                findings.add(
                        FindingCode.FILE_UNEXPECTED,
                        Place.file(name),
                        "File " + name + " is not in the manifest: nothing else belongs into a package. Ask who put it"
                                + " there.");
            }
        } else if (expected.size() != entry.size() || !expected.digest().equals(digest)) {
            altered(name, "the manifest tells of " + expected.size() + " bytes with digest " + expected.digest());
        }
    }

    /** A key that was revoked signs no package that tells of later checkpoints, and none that tells of no checkpoint at all. */
    void requireNotRevoked(OptionalLong checkpoint) {
        String keyId = signedBy;
        EvidenceManifest read = manifest;
        if (keyId == null || read == null) {
            return;
        }
        for (EvidenceManifest.Stream stream : read.streams()) {
            OptionalLong revoked = keys.revokedAt(keyId, stream.tenant(), read.createdAt());
            if (revoked.isPresent() && (checkpoint.isEmpty() || checkpoint.getAsLong() > revoked.getAsLong())) {
                notSigned("is signed by key '" + keyId + "', which was revoked, or its root, at checkpoint "
                        + revoked.getAsLong());
                return;
            }
        }
    }

    void requireAllPresent(List<StoredZip.Entry> entries) {
        Set<String> present = entries.stream().map(StoredZip.Entry::name).collect(Collectors.toSet());
        files.keySet().stream().filter(name -> !present.contains(name)).sorted().forEach(this::missing);
    }

    /** Reports streams that the manifest does not tell of: whose key may sign it, the streams that it tells of say. */
    void requireTold(Set<PackageNames.StreamName> shown) {
        long untold = shown.stream().filter(name -> !streams.containsKey(name)).count();
        if (manifest != null && untold > 0) {
            malformed(PackageNames.MANIFEST, "it does not tell of " + untold + " streams that are there");
        }
    }

    void compareCount(long events) {
        if (manifest != null && manifest.events() != events) {
            malformed(
                    PackageNames.MANIFEST,
                    "it counts " + manifest.events() + " events where the package holds " + events);
        }
    }

    private byte @Nullable [] content(PackageReader reader, List<StoredZip.Entry> entries, String name)
            throws IOException {
        for (StoredZip.Entry entry : entries) {
            if (entry.name().equals(name)) {
                if (entry.size() > MAX_BYTES) {
                    malformed(name, "it has " + entry.size() + " bytes, more than such a file ever has");
                    return null;
                }
                return reader.content(entry);
            }
        }
        missing(name);
        return null;
    }

    private void requireSignature(byte[] content, byte[] signatureFile) {
        try {
            JsonObject json = JsonObject.parse(signatureFile);
            String keyId = json.string("keyId");
            byte[] signature = Base64.getDecoder().decode(json.string("signature"));
            byte[] canonical = JsonObject.create()
                    .put("algorithm", json.string("algorithm"))
                    .put("keyId", keyId)
                    .put("signature", Base64.getEncoder().encodeToString(signature))
                    .toCanonicalBytes();
            signedBy = keyId;
            Optional<VerificationKey> key = keys.find(keyId);
            if (key.isEmpty()) {
                notSigned("is signed by key '" + keyId + "', which the anchors do not hold");
            } else if (!key.get().verify(SealFormat.manifest(content), signature)) {
                notSigned("is not what key '" + keyId + "' signed");
            } else if (!Arrays.equals(canonical, signatureFile)
                    || !key.get().algorithm().equals(json.string("algorithm"))) {
                malformed(PackageNames.SIGNATURE, "it is not canonical, or has members it should not have");
            }
        } catch (IllegalArgumentException malformed) {
            notSigned("has no legible signature (" + malformed.getMessage() + ")");
        }
    }

    /** A key that is only certified signs manifests over the tenants it is certified for, while it is. */
    private void requireCertified(EvidenceManifest read, byte[] signatureFile) {
        String keyId = JsonObject.parse(signatureFile).string("keyId");
        if (keys.find(keyId).isEmpty() || keys.isAnchored(keyId)) {
            return;
        }
        Set<String> tenants =
                read.streams().stream().map(EvidenceManifest.Stream::tenant).collect(Collectors.toSet());
        if (!keys.coversAll(keyId, tenants, read.createdAt())) {
            notSigned("is signed by key '" + keyId + "', whose certificate does not hold for all its tenants at "
                    + read.createdAt());
        }
    }

    private void notSigned(String fault) {
        findings.add(
                FindingCode.MANIFEST_NOT_SIGNED,
                Place.file(PackageNames.SIGNATURE),
                "The manifest " + fault
                        + ": who exported the package is not proved. Export it again with a trusted key.");
    }

    private void missing(String name) {
        findings.add(
                FindingCode.FILE_MISSING,
                Place.file(name),
                "File " + name + " is not in the package. Get the package from its source once more.");
    }

    private void altered(String name, String fault) {
        findings.add(
                FindingCode.FILE_ALTERED,
                Place.file(name),
                "File " + name + " was altered: " + fault + ". Get the package from its source once more.");
    }

    private void malformed(String name, String fault) {
        findings.add(
                FindingCode.MANIFEST_MALFORMED,
                Place.file(name),
                "File " + name + " is not what it must be: " + fault + ". Export again.");
    }

    /** Those that the manifest cannot tell of: itself and its signature. */
    private static boolean isKnown(String name) {
        return name.equals(PackageNames.MANIFEST) || name.equals(PackageNames.SIGNATURE);
    }

    private static boolean isPossible(String name) {
        return name.equals(PackageNames.KEYS)
                || name.equals(PackageNames.CHECKPOINT)
                || name.equals(PackageNames.HEADS)
                || name.equals(PackageNames.RUNS)
                || name.equals(PackageNames.DROPPED)
                || name.equals(PackageNames.OPENINGS)
                || name.equals(PackageNames.START)
                || PackageNames.parseEvents(name).isPresent()
                || PackageNames.parseMember(name).isPresent();
    }
}
