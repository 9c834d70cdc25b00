package io.spendguard.proof;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Objects;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;

/**
 * Signs with an ECDSA key on NIST P-256 held in memory: SHA-256, deterministic nonces (RFC 6979), raw signatures of 64
 * bytes with the smaller s. Slower than {@link Ed25519Signer}; for where policy asks for this curve.
 *
 * <p>Immutable; safe for any number of threads.
 */
public final class P256Signer implements Signer {
    private final ECPrivateKeyParameters key;
    private final VerificationKey verificationKey;

    P256Signer(ECPrivateKeyParameters key) {
        this.key = key;
        this.verificationKey = VerificationKey.p256(
                key.getParameters().getG().multiply(key.getD()).normalize().getEncoded(false));
    }

    /** A fresh key that no file holds. */
    public static P256Signer generate() {
        ECKeyPairGenerator generator = new ECKeyPairGenerator();
        generator.init(new ECKeyGenerationParameters(P256.DOMAIN, new SecureRandom()));
        return new P256Signer(
                (ECPrivateKeyParameters) generator.generateKeyPair().getPrivate());
    }

    /**
     * Reads a key from an unencrypted PKCS#8 PEM file, as {@code openssl genpkey -algorithm EC -pkeyopt
     * ec_paramgen_curve:P-256} writes it.
     *
     * @throws KeyFileException when there is no such file, it cannot be read, others than its owner may read it, or it
     *     holds anything else than one P-256 key
     */
    public static P256Signer load(Path pem) {
        return new P256Signer(KeyFile.readP256(Objects.requireNonNull(pem, "pem"), null));
    }

    /**
     * Reads a key from an encrypted PKCS#8 PEM file ({@code BEGIN ENCRYPTED PRIVATE KEY}: PBES2 with PBKDF2 and AES-CBC).
     *
     * @param passphrase as it was given when the file was encrypted; the caller may clear it afterwards
     * @throws KeyFileException as {@link #load(Path)}, and when the passphrase is wrong
     */
    public static P256Signer load(Path pem, char[] passphrase) {
        return new P256Signer(KeyFile.readP256(Objects.requireNonNull(pem, "pem"), passphrase.clone()));
    }

    @Override
    public String keyId() {
        return verificationKey.id();
    }

    @Override
    public String algorithm() {
        return verificationKey.algorithm();
    }

    @Override
    public byte[] publicKey() {
        return verificationKey.bytes();
    }

    @Override
    public byte[] sign(byte[] message) {
        return P256.sign(key, message);
    }

    @Override
    public VerificationKey verificationKey() {
        return verificationKey;
    }

    /** The key's id; never anything private. */
    @Override
    public String toString() {
        return "P256Signer[" + keyId() + "]";
    }
}
