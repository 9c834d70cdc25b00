package io.spendguard.proof;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * A root key's word that another key may sign events, for some tenants and at most 24 hours. Whoever trusts the root needs
 * not know the key beforehand. It proves nothing until {@link #isSignedBy} said so of a trusted root.
 *
 * <p>Immutable; safe for any number of threads.
 *
 * @param key the key that is certified
 * @param tenants whose events it may sign, in order; empty for everybody's
 * @param notBefore the first instant of its validity, in whole seconds
 * @param notAfter the instant at which it ends, not itself valid
 * @param issuer the root's key id
 * @param signature the root's signature over all of the above
 */
public record KeyCertificate(
        VerificationKey key,
        List<String> tenants,
        Instant notBefore,
        Instant notAfter,
        String issuer,
        byte[] signature) {
    /** The longest a certificate may be valid. */
    public static final Duration LONGEST_VALIDITY = Duration.ofHours(24);

    private static final String TAG = "spendguard:certificate:v1";

    /** Refuses what no root may sign with {@link IllegalArgumentException}: a longer validity than 24 hours, none at all. */
    public KeyCertificate {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(issuer, "issuer");
        tenants = List.copyOf(new TreeSet<>(tenants));
        signature = signature.clone();
        Duration validity = Duration.between(notBefore, notAfter);
        if (validity.isNegative() || validity.isZero() || validity.compareTo(LONGEST_VALIDITY) > 0) {
            throw new IllegalArgumentException("Certificate of key '" + key.id() + "' is valid for " + validity
                    + ": more than nothing and at most " + LONGEST_VALIDITY + " are allowed. Renew it more often.");
        }
        if (key.id().equals(issuer)) {
            throw new IllegalArgumentException("Certificate of key '" + key.id()
                    + "' is issued by that key itself: only another key's word counts. Name the root.");
        }
    }

    /**
     * Has a root certify a key. Blocks as long as the root takes to sign.
     *
     * @param tenants whose events it may sign; empty for everybody's
     * @param notBefore from when on; the second it lies in counts whole
     * @param validity more than nothing and at most {@link #LONGEST_VALIDITY}
     * @throws SigningException when the root cannot sign
     */
    public static KeyCertificate issue(
            Signer root, VerificationKey key, Collection<String> tenants, Instant notBefore, Duration validity) {
        Instant from = notBefore.truncatedTo(ChronoUnit.SECONDS);
        KeyCertificate unsigned =
                new KeyCertificate(key, List.copyOf(tenants), from, from.plus(validity), root.keyId(), new byte[0]);
        return new KeyCertificate(
                key, unsigned.tenants, from, unsigned.notAfter, root.keyId(), root.sign(unsigned.message()));
    }

    /** Reads what {@link #toJson} writes; throws {@link JsonException} for another form. */
    public static KeyCertificate parse(JsonObject json) {
        KeyCertificate read;
        try {
            read = new KeyCertificate(
                    Keys.parse(json.object("key")),
                    json.has("tenants") ? json.strings("tenants") : List.of(),
                    Instant.parse(json.string("notBefore")),
                    Instant.parse(json.string("notAfter")),
                    json.string("issuer"),
                    Base64.getDecoder().decode(json.string("signature")));
        } catch (JsonException malformed) {
            throw malformed;
        } catch (IllegalArgumentException | DateTimeException | ArithmeticException malformed) {
            throw new JsonException("A certificate has another form: " + malformed.getMessage(), malformed);
        }
        if (!read.toJson().equals(json)) {
            throw new JsonException("A certificate is not canonical, or has members it should not have.");
        }
        return read;
    }

    /** Its members; {@code tenants} is absent where it holds for everybody's. */
    public JsonObject toJson() {
        return content().put("signature", Base64.getEncoder().encodeToString(signature));
    }

    /** Tells whether the root signed exactly this; the root is the issuer it names. */
    public boolean isSignedBy(VerificationKey root) {
        return root.id().equals(issuer) && root.verify(message(), signature);
    }

    /** Tells whether the key may sign this tenant's events. */
    public boolean covers(String tenant) {
        return tenants.isEmpty() || tenants.contains(tenant);
    }

    /** Tells whether the instant lies within its validity. */
    public boolean isValidAt(Instant instant) {
        return !instant.isBefore(notBefore) && instant.isBefore(notAfter);
    }

    /** A copy of the signature. */
    @Override
    public byte[] signature() {
        return signature.clone();
    }

    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof KeyCertificate that
                        && key.equals(that.key)
                        && tenants.equals(that.tenants)
                        && notBefore.equals(that.notBefore)
                        && notAfter.equals(that.notAfter)
                        && issuer.equals(that.issuer)
                        && Arrays.equals(signature, that.signature));
    }

    @Override
    public int hashCode() {
        return Objects.hash(key, notBefore, issuer);
    }

    private JsonObject content() {
        JsonObject json = JsonObject.create()
                .put("key", Keys.toJson(key))
                .put("notBefore", notBefore.toString())
                .put("notAfter", notAfter.toString())
                .put("issuer", issuer);
        return tenants.isEmpty() ? json : json.put("tenants", tenants);
    }

    private byte[] message() {
        return Keys.message(TAG, content());
    }
}
