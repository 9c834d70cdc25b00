package io.spendguard.proof;

import java.util.Optional;

/**
 * Signs with one private key that never leaves it.
 *
 * <p>Implementations are safe for any number of threads.
 */
public interface Signer {
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
