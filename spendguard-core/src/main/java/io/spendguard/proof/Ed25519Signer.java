package io.spendguard.proof;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Objects;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * Signs with an Ed25519 key (RFC 8032) held in memory, by Bouncy Castle's lightweight API: no security provider is
 * registered.
 *
 * <p>Immutable; safe for any number of threads.
 */
public final class Ed25519Signer implements Signer {
    private final Ed25519PrivateKeyParameters key;
    private final VerificationKey verificationKey;

    Ed25519Signer(Ed25519PrivateKeyParameters key) {
        this.key = key;
        this.verificationKey = VerificationKey.ed25519(key.generatePublicKey().getEncoded());
    }

    /** A fresh key that no file holds: for tests, and for guards whose evidence need not outlive the process. */
    public static Ed25519Signer generate() {
        return new Ed25519Signer(new Ed25519PrivateKeyParameters(new SecureRandom()));
    }

    /**
     * Reads a key from an unencrypted PKCS#8 PEM file ({@code BEGIN PRIVATE KEY}), as {@code openssl genpkey -algorithm
     * ed25519} writes it. A symbolic link is followed; what counts is the file it leads to.
     *
     * @throws KeyFileException when there is no such file, it cannot be read, others than its owner may read it, or it
     *     holds anything else than one Ed25519 key
     */
    public static Ed25519Signer load(Path pem) {
        return new Ed25519Signer(KeyFile.read(Objects.requireNonNull(pem, "pem")));
    }

    /**
     * Reads a key from an encrypted PKCS#8 PEM file ({@code BEGIN ENCRYPTED PRIVATE KEY}: PBES2 with PBKDF2 and AES-CBC),
     * as {@code openssl genpkey -algorithm ed25519 -aes-256-cbc} writes it.
     *
     * @param passphrase as it was given when the file was encrypted; the caller may clear it afterwards
     * @throws KeyFileException as {@link #load(Path)}, and when the passphrase is wrong
     */
    public static Ed25519Signer load(Path pem, char[] passphrase) {
        return new Ed25519Signer(KeyFile.read(Objects.requireNonNull(pem, "pem"), passphrase.clone()));
    }

    /**
     * Reads a key, or makes one where no file is. Made files have mode 0600 and made directories 0700; an existing file
     * is never written. Of several processes that start at once one makes the key and all load it.
     *
     * @throws KeyFileException as {@link #load}, and when the file cannot be made
     */
    public static Ed25519Signer loadOrCreate(Path pem) {
        return new Ed25519Signer(KeyFile.readOrCreate(Objects.requireNonNull(pem, "pem"), made -> {}));
    }

    /**
     * Reads a key, or makes one and adds it to the trust file. A key that was there already is <em>not</em> added:
     * otherwise whoever exchanges the key file would be trusted at the next start.
     *
     * @throws KeyFileException as {@link #loadOrCreate(Path)}
     * @throws AnchorsException when a key is to be made and the trust file cannot be read or written; no key is made
     */
    public static Ed25519Signer loadOrCreate(Path pem, Path anchors) {
        Objects.requireNonNull(anchors, "anchors");
        // The anchor first: a crash in between leaves a trusted key that nobody holds, never a key nobody trusts.
        return new Ed25519Signer(KeyFile.readOrCreate(
                Objects.requireNonNull(pem, "pem"),
                made -> Anchors.add(anchors, new Ed25519Signer(made).verificationKey())));
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
        byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
        key.sign(Ed25519.Algorithm.Ed25519, null, message, 0, message.length, signature, 0);
        return signature;
    }

    @Override
    public VerificationKey verificationKey() {
        return verificationKey;
    }

    /** The key's id; never anything private. */
    @Override
    public String toString() {
        return "Ed25519Signer[" + keyId() + "]";
    }
}
