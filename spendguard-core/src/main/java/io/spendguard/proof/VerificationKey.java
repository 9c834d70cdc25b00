package io.spendguard.proof;

import io.spendguard.model.Digest;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/**
 * A public key and the id that names it by content. Holding one proves nothing: trust comes from {@link Anchors}.
 *
 * <p>Immutable; safe for any number of threads.
 */
public final class VerificationKey {
    /** Ed25519 (RFC 8032). */
    public static final String ED25519 = "Ed25519";
    /** ECDSA on NIST P-256 with SHA-256. */
    public static final String P256_ECDSA = "P-256";

    private final String id;
    private final String algorithm;
    private final byte[] bytes;
    /** What the bytes encode, which takes a tenth of a verification to find out; null for P-256. */
    private final Ed25519.@Nullable PublicPoint point;

    /**
     * Copies the bytes.
     *
     * @param id the algorithm in lower case, a colon, and the SHA-256 of the raw key in hexadecimal
     * @param algorithm {@code Ed25519} or {@code P-256}
     * @param bytes the raw key: 32 bytes, or the uncompressed point of 65
     * @throws IllegalArgumentException when the algorithm is unknown, the bytes are no key of it, or the id is not theirs
     */
    public VerificationKey(String id, String algorithm, byte[] bytes) {
        this.id = Objects.requireNonNull(id, "id");
        this.algorithm = algorithm;
        this.bytes = bytes.clone();
        if (!ED25519.equals(algorithm) && !P256_ECDSA.equals(algorithm)) {
            throw new IllegalArgumentException("Key '" + id + "' has algorithm '" + algorithm + "': only " + ED25519
                    + " and " + P256_ECDSA + " are verified here. Use a version that knows it.");
        }
        boolean isEd25519 = ED25519.equals(algorithm);
        this.point = isEd25519 ? point(this.bytes) : null;
        if (isEd25519 ? point == null : !P256.isPoint(this.bytes)) {
            throw new IllegalArgumentException("Key '" + id + "' holds " + bytes.length + " bytes that are no "
                    + algorithm + " public key: " + (isEd25519 ? Ed25519PublicKeyParameters.KEY_SIZE : P256.POINT_BYTES)
                    + " bytes that encode a curve point are. Copy it whole.");
        }
        String expected = idOf(algorithm, this.bytes);
        if (!id.equals(expected)) {
            throw new IllegalArgumentException(
                    "Key '" + id + "' is named wrongly: these bytes are '" + expected + "'. Use that id.");
        }
    }

    /** The Ed25519 key of these 32 bytes, with its id derived; throws {@link IllegalArgumentException} for others. */
    public static VerificationKey ed25519(byte[] bytes) {
        return new VerificationKey(idOf(ED25519, bytes), ED25519, bytes);
    }

    /** The P-256 key of this uncompressed point of 65 bytes; throws {@link IllegalArgumentException} for others. */
    public static VerificationKey p256(byte[] point) {
        return new VerificationKey(idOf(P256_ECDSA, point), P256_ECDSA, point);
    }

    /** The id of a public key. */
    static String idOf(String algorithm, byte[] bytes) {
        return algorithm.toLowerCase(Locale.ROOT) + ":" + Digest.sha256(bytes).hex();
    }

    /** The algorithm in lower case, a colon, and the SHA-256 of the raw key in hexadecimal. */
    public String id() {
        return id;
    }

    /** {@link #ED25519} or {@link #P256_ECDSA}. */
    public String algorithm() {
        return algorithm;
    }

    /** A copy of the raw key. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Tells whether the signature is this key's over exactly this message; false for anything malformed. */
    public boolean verify(byte[] message, byte[] signature) {
        if (point == null) {
            return P256.verify(bytes, message, signature);
        }
        return signature.length == Ed25519.SIGNATURE_SIZE
                && Ed25519.verify(signature, 0, point, message, 0, message.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VerificationKey that && id.equals(that.id) && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /** The id. */
    @Override
    public String toString() {
        return id;
    }

    private static Ed25519.@Nullable PublicPoint point(byte[] bytes) {
        return bytes.length == Ed25519PublicKeyParameters.KEY_SIZE
                ? Ed25519.validatePublicKeyFullExport(bytes, 0)
                : null;
    }
}
