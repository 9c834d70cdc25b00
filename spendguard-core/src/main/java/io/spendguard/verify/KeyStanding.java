package io.spendguard.verify;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.KeyRevocation;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonObject;
import io.spendguard.proof.KeyCertificate;
import java.time.Instant;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Whether the key of each event of one stream was certified, and not revoked, when it signed; and what the stream says of keys itself. */
final class KeyStanding {
    private final String tenant;
    private final UUID stream;
    private final KeyTrust keys;
    private final LogCheck log;
    private final Findings findings;
    /** Whether an event was found before (true) and after (false) its certificate: said once each, of the first. */
    private final Set<Boolean> lapsed = new HashSet<>();

    private boolean isRevocationReported;

    KeyStanding(PackageNames.StreamName name, KeyTrust keys, LogCheck log, Findings findings) {
        this.tenant = name.tenant();
        this.stream = name.stream();
        this.keys = keys;
        this.log = log;
        this.findings = findings;
    }

    /**
     * Reports a key that was not certified then, or was revoked; once each.
     *
     * @param seq the position that was signed, whichever the line claims
     */
    void require(Place place, EventLine line, long seq) {
        // An anchored key holds at every time; for others the event is read once more.
        Instant time = keys.isAnchored(line.keyId()) ? null : ContentCheck.timeOf(line);
        requireValidCertificate(place, line, time);
        requireNotRevoked(place, line, seq, time);
    }

    /**
     * Reports a key that an owner says he revoked, and that the anchors trust all the same. The evidence never makes anybody trust, but
     * what it takes back is not to be passed over.
     */
    void revoked(Place place, JsonObject data) {
        KeyRevocation stated;
        try {
            stated = KeyRevocation.parse(data.object("revocation"));
        } catch (IllegalArgumentException malformed) {
            findings.add(
                    FindingCode.EVENT_DATA_MALFORMED,
                    place,
                    "Event " + place.event() + " states no revocation, as its type does: " + malformed.getMessage());
            return;
        }
        if (keys.isBelievedBeyond(stated.size(), stated.keyId())) {
            findings.add(
                    FindingCode.REVOCATION_UNKNOWN,
                    place,
                    "Event " + place.event() + " states that key '" + stated.keyId() + "' is revoked at checkpoint "
                            + stated.size() + " (" + stated.reason() + "), but the anchors trust it beyond. Ask its"
                            + " owner, and take it over: spendguard keys revoke " + stated.keyId() + " --at "
                            + stated.size() + " --anchors FILE");
        }
    }

    /** By what the event says of its own time: whoever holds the key may say another, but not for long undetected. */
    private void requireValidCertificate(Place place, EventLine line, @Nullable Instant time) {
        KeyTrust.Lapse lapse = time == null ? null : keys.lapse(line.keyId(), tenant, time);
        if (lapse == null || !lapsed.add(lapse.isEarly())) {
            return;
        }
        KeyCertificate certificate = lapse.certificate();
        findings.add(
                lapse.isEarly() ? FindingCode.CERTIFICATE_NOT_YET_VALID : FindingCode.CERTIFICATE_EXPIRED,
                place,
                "Event " + line.id() + " (position " + line.seq() + " of stream " + stream + ") is dated " + time
                        + ", but the certificate of its key '" + line.keyId() + "' "
                        + (lapse.isEarly()
                                ? "begins only at " + certificate.notBefore()
                                : "ended at " + certificate.notAfter())
                        + ": a key signs while it is certified. Ask who signed it.");
    }

    /** By its place in the log, whatever it says of its time. */
    private void requireNotRevoked(Place place, EventLine line, long seq, @Nullable Instant time) {
        OptionalLong size = keys.revokedAt(line.keyId(), tenant, time);
        if (size.isEmpty() || isRevocationReported || log.covers(tenant, stream, seq, size.getAsLong())) {
            return;
        }
        isRevocationReported = true;
        findings.add(
                FindingCode.KEY_REVOKED,
                place,
                "Event " + line.id() + " (position " + seq + " of stream " + stream + ") is signed by key '"
                        + line.keyId()
                        + "', which was revoked, or its root, at checkpoint " + size.getAsLong()
                        + ": that checkpoint does not cover the event. Ask who signed it.");
    }
}
