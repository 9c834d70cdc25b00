package io.spendguard.verify;

import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.Signer;
import io.spendguard.proof.VerificationKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Signs whatever its certificate says: what somebody does who does not keep to the rules. */
final class Stating implements Signer {
    private final Signer key;
    private KeyCertificate certificate;

    Stating(Signer key, KeyCertificate certificate) {
        this.key = key;
        this.certificate = certificate;
    }

    /** A key with a root's certificate of an hour from now on. */
    static Stating by(Signer root, Signer key) {
        return by(root, key, List.of(), Specimen.NOW);
    }

    /** A key with a root's certificate of an hour from some time on, for some tenants or, where none is named, for all. */
    static Stating by(Signer root, Signer key, List<String> tenants, Instant from) {
        return new Stating(key, KeyCertificate.issue(root, key.verificationKey(), tenants, from, Duration.ofHours(1)));
    }

    /** States another certificate from now on. */
    void state(KeyCertificate next) {
        certificate = next;
    }

    @Override
    public String keyId() {
        return key.keyId();
    }

    @Override
    public String algorithm() {
        return key.algorithm();
    }

    @Override
    public byte[] publicKey() {
        return key.publicKey();
    }

    @Override
    public byte[] sign(byte[] message) {
        return key.sign(message);
    }

    @Override
    public Optional<KeyCertificate> certificate() {
        return Optional.of(certificate);
    }

    @Override
    public VerificationKey verificationKey() {
        return key.verificationKey();
    }
}
