package io.spendguard.proof;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Signs with one private key that never leaves it.
 *
 * <p>Implementations are safe for any number of threads.
 */
public interface Signer {
    /**
     * The key of a PKCS#8 PEM file, Ed25519 or P-256, whichever it holds.
     *
     * @param passphrase what it was encrypted with, or null for a file that is not; the caller may clear it afterwards
     * @throws KeyFileException as {@link Ed25519Signer#load(Path, char[])}, and when it is of another algorithm
     */
    static Signer load(Path pem, char @Nullable [] passphrase) {
        return KeyFile.readAny(Objects.requireNonNull(pem, "pem"), passphrase == null ? null : passphrase.clone());
    }

    /** Names the public key: the algorithm in lower case, a colon, and the SHA-256 of the raw key in hexadecimal. */
    String keyId();

    /** The algorithm, such as {@code Ed25519}. */
    String algorithm();

    /** A copy of the public key in the algorithm's raw form: 32 bytes for Ed25519, the uncompressed point of 65 for P-256. */
    byte[] publicKey();

    /**
     * Signs the message as it is; whoever signs for different purposes puts a domain tag in front of it.
     *
     * @return the signature in the algorithm's raw form: 64 bytes for Ed25519; r and s, 32 bytes each and s the smaller one, for P-256
     */
    byte[] sign(byte[] message);

    /** A root's word for the key, to be stated with what it signs; empty for a key that is anchored itself. */
    default Optional<KeyCertificate> certificate() {
        return Optional.empty();
    }

    /** The public half, to be published and anchored. */
    default VerificationKey verificationKey() {
        return new VerificationKey(keyId(), algorithm(), publicKey());
    }
}
