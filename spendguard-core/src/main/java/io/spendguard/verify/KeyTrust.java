package io.spendguard.verify;

import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.VerificationKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which keys are believed: those the anchors hold, and those that a root among them certified, for as long and for whom it
 * did. Certificates come with the package; what no anchored root signed is as if it were not there.
 */
final class KeyTrust {
    private final Anchors anchors;
    private final Findings findings;
    /** By the id of the key they are for; of anchored roots only. */
    private final Map<String, List<KeyCertificate>> certificates = new HashMap<>();
    /** Keys for which there is a certificate that its root did not sign. */
    private final Set<String> forged = new HashSet<>();
    /**
     * A certificate says nothing more when it is listed a thousand times, but each event would be held against all of them. As texts,
     * which are found quickly whatever hashes somebody chose.
     */
    private final Set<String> taken = new HashSet<>();

    KeyTrust(Anchors anchors, Findings findings) {
        this.anchors = anchors;
        this.findings = findings;
    }

    /** Reads the package's certificates, before anything is checked. */
    void read(byte[] keysFile) {
        List<JsonObject> listed;
        try {
            JsonObject json = JsonObject.parse(keysFile);
            listed = json.has("certificates") ? json.objects("certificates") : List.of();
        } catch (JsonException notOurs) {
            return; // a list of names; the manifest tells whether it was altered
        }
        for (int i = 0; i < listed.size(); i++) {
            try {
                take(KeyCertificate.parse(listed.get(i)));
            } catch (JsonException malformed) {
                forged("Certificate " + (i + 1) + " of " + PackageNames.KEYS + " is none: " + malformed.getMessage()
                        + " Export again.");
            }
        }
    }

    /** Takes a certificate from elsewhere; one that no anchored root signed is nobody's fault here, and counts for nothing. */
    void learn(KeyCertificate certificate) {
        if (!certificatesOf(certificate.key().id()).contains(certificate)
                && anchors.find(certificate.issuer())
                        .filter(certificate::isSignedBy)
                        .isPresent()) {
            take(certificate);
        }
    }

    /** The key, when somebody trusted vouches for it at all. */
    Optional<VerificationKey> find(String keyId) {
        Optional<VerificationKey> anchored = anchors.find(keyId);
        if (anchored.isPresent()) {
            return anchored;
        }
        return certificatesOf(keyId).stream().findFirst().map(KeyCertificate::key);
    }

    /** Tells whether the key may sign this tenant's events, whenever. */
    boolean covers(String keyId, String tenant) {
        return anchors.find(keyId).isPresent()
                || certificatesOf(keyId).stream().anyMatch(certificate -> certificate.covers(tenant));
    }

    /** Tells whether the key may sign for every one of the tenants at that time. */
    boolean coversAll(String keyId, Set<String> tenants, Instant at) {
        return tenants.stream().allMatch(tenant -> covers(keyId, tenant) && lapse(keyId, tenant, at) == null);
    }

    boolean isAnchored(String keyId) {
        return anchors.find(keyId).isPresent();
    }

    /** The root that certified the key, or null. */
    @Nullable
    String rootOf(String keyId) {
        return certificatesOf(keyId).stream()
                .findFirst()
                .map(KeyCertificate::issuer)
                .orElse(null);
    }

    /** Tells whether somebody tried to pass the key for certified. */
    boolean isForged(String keyId) {
        return forged.contains(keyId);
    }

    /** Why the key's certificates do not hold at that time, although one is for the tenant; null when one does. */
    @Nullable
    Lapse lapse(String keyId, String tenant, Instant at) {
        if (anchors.find(keyId).isPresent()) {
            return null;
        }
        Lapse lapse = null;
        for (KeyCertificate certificate : certificatesOf(keyId)) {
            if (!certificate.covers(tenant)) {
                continue;
            }
            if (certificate.isValidAt(at)) {
                return null;
            }
            boolean isEarly = at.isBefore(certificate.notBefore());
            // Between two certificates the key had none any more.
            if (lapse == null || (lapse.isEarly() && !isEarly)) {
                lapse = new Lapse(certificate, isEarly);
            }
        }
        return lapse;
    }

    /**
     * From which size of the log on the key proves nothing of this tenant and time: since it was revoked itself, or every root
     * whose certificate holds then; empty when neither was.
     */
    OptionalLong revokedAt(String keyId, String tenant, @Nullable Instant at) {
        OptionalLong own = anchors.revokedAt(keyId);
        if (anchors.find(keyId).isPresent()) {
            return own;
        }
        long latest = -1;
        for (KeyCertificate certificate : certificatesOf(keyId)) {
            if (!certificate.covers(tenant) || (at != null && !certificate.isValidAt(at))) {
                continue;
            }
            OptionalLong root = anchors.revokedAt(certificate.issuer());
            if (root.isEmpty()) {
                return own;
            }
            latest = Math.max(latest, root.getAsLong());
        }
        if (latest < 0) {
            return own;
        }
        return OptionalLong.of(own.isPresent() ? Math.min(own.getAsLong(), latest) : latest);
    }

    /** Tells whether a key would still be believed, for some tenant, beyond a position of the log. */
    boolean isBelievedBeyond(long size, String keyId) {
        OptionalLong own = anchors.revokedAt(keyId);
        if (own.isPresent() && own.getAsLong() <= size) {
            return false;
        }
        return anchors.find(keyId).isPresent()
                || certificatesOf(keyId).stream()
                        .map(certificate -> anchors.revokedAt(certificate.issuer()))
                        .anyMatch(root -> root.isEmpty() || root.getAsLong() > size);
    }

    private List<KeyCertificate> certificatesOf(String keyId) {
        return certificates.getOrDefault(keyId, List.of());
    }

    private void take(KeyCertificate certificate) {
        Optional<VerificationKey> root = anchors.find(certificate.issuer());
        if (root.isEmpty() || !taken.add(certificate.toJson().toString())) {
            return; // another auditor's root, or nobody's; or listed twice
        }
        if (!certificate.isSignedBy(root.get())) {
            forged.add(certificate.key().id());
            forged("A certificate of key '" + certificate.key().id() + "' is not what root '" + certificate.issuer()
                    + "' signed: it proves nothing. Ask who made it.");
            return;
        }
        certificates
                .computeIfAbsent(certificate.key().id(), id -> new ArrayList<>())
                .add(certificate);
    }

    private void forged(String message) {
        findings.add(FindingCode.CERTIFICATE_FORGED, Place.file(PackageNames.KEYS), message);
    }

    /** A certificate that does not hold at a time: it begins later, or it has ended. */
    record Lapse(KeyCertificate certificate, boolean isEarly) {}
}
