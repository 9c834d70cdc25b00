package io.spendguard.proof;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.util.Base64;
import java.util.Objects;

/**
 * A key's word that another one follows it: whoever trusts the old key may come to trust the new one without meeting its
 * owner again. Both sign until the old one is revoked. Immutable; safe for any number of threads.
 *
 * @param key the new key
 * @param predecessor the old key's id
 * @param signature the old key's signature over both
 */
public record KeySuccession(VerificationKey key, String predecessor, byte[] signature) {
    private static final String FORMAT = "spendguard.succession.v1";
    private static final String TAG = "spendguard:succession:v1";

    /** Refuses a key that follows itself with {@link IllegalArgumentException}. */
    public KeySuccession {
        Objects.requireNonNull(predecessor, "predecessor");
        signature = signature.clone();
        if (key.id().equals(predecessor)) {
            throw new IllegalArgumentException(
                    "Key '" + predecessor + "' cannot follow itself. Name another file for the new key.");
        }
    }

    /**
     * Has the old key name the new one.
     *
     * @throws SigningException when the old key cannot sign
     */
    public static KeySuccession of(Signer old, VerificationKey key) {
        KeySuccession unsigned = new KeySuccession(key, old.keyId(), new byte[0]);
        return new KeySuccession(key, old.keyId(), old.sign(unsigned.message()));
    }

    /** Reads what {@link #toBytes} writes; throws {@link JsonException} for another form. */
    public static KeySuccession parse(byte[] content) {
        JsonObject json = JsonObject.parse(content);
        if (!FORMAT.equals(json.string("format"))) {
            throw new JsonException("Format is '" + json.string("format") + "': only " + FORMAT
                    + " is read. Name a file that keys rotate wrote.");
        }
        try {
            KeySuccession read = new KeySuccession(
                    Keys.parse(json.object("key")),
                    json.string("predecessor"),
                    Base64.getDecoder().decode(json.string("signature")));
            if (read.toJson().equals(json)) {
                return read;
            }
        } catch (JsonException malformed) {
            throw malformed;
        } catch (IllegalArgumentException malformed) {
            throw new JsonException("A member has another form: " + malformed.getMessage(), malformed);
        }
        throw new JsonException("The statement is not canonical, or has members it should not have.");
    }

    /** The statement's canonical bytes. */
    public byte[] toBytes() {
        return toJson().toCanonicalBytes();
    }

    /** Tells whether this key is the predecessor and signed exactly this. */
    public boolean isSignedBy(VerificationKey old) {
        return old.id().equals(predecessor) && old.verify(message(), signature);
    }

    /** A copy of the signature. */
    @Override
    public byte[] signature() {
        return signature.clone();
    }

    private JsonObject toJson() {
        return content().put("signature", Base64.getEncoder().encodeToString(signature));
    }

    private JsonObject content() {
        return JsonObject.create()
                .put("format", FORMAT)
                .put("key", Keys.toJson(key))
                .put("predecessor", predecessor);
    }

    private byte[] message() {
        return Keys.message(TAG, content());
    }
}
