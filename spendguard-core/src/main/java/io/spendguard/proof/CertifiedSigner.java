package io.spendguard.proof;

import io.spendguard.proof.SigningException.Kind;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs with a key of this process that a root certifies: decisions never wait for the root. The certificate is renewed in the
 * background from half of its validity on; while the root is away signing goes on until a minute before the certificate ends,
 * and then fails until it is renewed. It begins a minute early: that much another machine's clock, which dates some events,
 * may differ.
 *
 * <p>The local key is new with each process and no file holds it, unless one is given. Safe for any number of threads.
 */
public final class CertifiedSigner implements Signer, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CertifiedSigner.class);

    /** Some events are dated by the database: by so much its clock may differ from ours. */
    private static final Duration SKEW = Duration.ofMinutes(1);

    private final Signer root;
    private final Signer local;
    private final List<String> tenants;
    private final Duration validity;
    private final Clock clock;
    private final ScheduledExecutorService renewals;
    private volatile KeyCertificate certificate;

    private CertifiedSigner(Builder builder, Clock clock) {
        this.root = builder.root;
        this.local = builder.local;
        this.tenants = builder.tenants;
        this.validity = builder.validity;
        this.clock = clock;
        this.certificate = certify();
        this.renewals = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "spendguard-certificates");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Starts with the root that certifies, such as an {@link AwsKmsSigner}. It stays the caller's to close. */
    public static Builder by(Signer root) {
        return new Builder(root);
    }

    @Override
    public String keyId() {
        return local.keyId();
    }

    @Override
    public String algorithm() {
        return local.algorithm();
    }

    @Override
    public byte[] publicKey() {
        return local.publicKey();
    }

    /**
     * {@inheritDoc}
     *
     * @throws SigningException when the certificate is at its end: the root has been away for at least half of its validity; or
     *     when the clock was set back before its beginning
     */
    @Override
    public byte[] sign(byte[] message) {
        KeyCertificate current = certificate;
        Instant now = clock.instant();
        Instant end = current.notAfter();
        if (now.isBefore(current.notBefore())) {
            throw new SigningException(
                    Kind.UNAVAILABLE,
                    "Key '" + keyId() + "' does not sign: its certificate by root '" + root.keyId() + "' begins at "
                            + current.notBefore() + ", and the clock was set back to " + now
                            + ". Set it right; the root is asked again by itself.",
                    null);
        }
        if (!now.isBefore(end.minus(SKEW))) {
            throw new SigningException(
                    Kind.UNAVAILABLE,
                    "Key '" + keyId() + "' does not sign: its certificate by root '" + root.keyId() + "' ends at " + end
                            + " and could not be renewed. Bring the root back; it is asked again by itself.",
                    null);
        }
        return local.sign(message);
    }

    /** The certificate that holds now. */
    @Override
    public Optional<KeyCertificate> certificate() {
        return Optional.of(certificate);
    }

    /**
     * Renews the certificate if half of its validity is over, or the clock was set back before it; called in the background too. Blocks for the root.
     *
     * @return whether it was renewed
     * @throws SigningException when the root does not sign; the old certificate stands
     */
    public synchronized boolean renewIfDue() {
        KeyCertificate current = certificate;
        Instant now = clock.instant();
        if (!now.isBefore(current.notBefore())
                && now.isBefore(current.notBefore().plus(validity.dividedBy(2)))) {
            return false;
        }
        certificate = certify();
        return true;
    }

    /** Ends renewing; the certificate at hand is used up. */
    @Override
    public void close() {
        renewals.shutdownNow();
    }

    /** The key's and the root's id. */
    @Override
    public String toString() {
        return "CertifiedSigner[" + keyId() + ", by " + root.keyId() + "]";
    }

    private KeyCertificate certify() {
        return KeyCertificate.issue(
                root, local.verificationKey(), tenants, clock.instant().minus(SKEW), validity);
    }

    private void renewEvery(Duration pause) {
        ScheduledFuture<?> unused = renewals.scheduleWithFixedDelay(
                this::tryToRenew, pause.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void tryToRenew() {
        try {
            renewIfDue();
        } catch (RuntimeException failed) {
            LOG.warn(
                    "Certificate of key '{}' was not renewed; signing ends at {} unless its root '{}' comes back",
                    keyId(),
                    certificate.notAfter(),
                    root.keyId(),
                    failed);
        }
    }

    /** How a key is certified. Not safe for several threads. */
    public static final class Builder {
        private final Signer root;
        private Signer local = Ed25519Signer.generate();
        private List<String> tenants = List.of();
        private Duration validity = KeyCertificate.LONGEST_VALIDITY;
        private Duration pause = Duration.ofMinutes(1);

        private Builder(Signer root) {
            this.root = Objects.requireNonNull(root, "root");
        }

        /** The key to certify; by default a fresh Ed25519 key that ends with the process. */
        public Builder key(Signer value) {
            this.local = Objects.requireNonNull(value, "value");
            return this;
        }

        /** Whose events the key may sign; everybody's by default. */
        public Builder tenants(String... values) {
            this.tenants = List.of(values);
            return this;
        }

        /** How long each certificate holds; 24 hours by default, and at most. Throws {@link IllegalArgumentException} below 4 minutes. */
        public Builder validity(Duration value) {
            if (value.compareTo(SKEW.multipliedBy(4)) < 0) {
                throw new IllegalArgumentException("Certificate validity " + value + " is shorter than "
                        + SKEW.multipliedBy(4) + ", in which clocks may differ by " + SKEW + ". Give more.");
            }
            this.validity = value;
            return this;
        }

        /** How often it is looked whether renewing is due; each minute by default. */
        public Builder lookEvery(Duration value) {
            this.pause = Objects.requireNonNull(value, "value");
            return this;
        }

        /**
         * Has the key certified for the first time, and goes on renewing until {@link #close}. Blocks for the root.
         *
         * @param clock the one that dates events
         * @throws SigningException when the root does not sign
         * @throws IllegalArgumentException when the validity is longer than 24 hours or nothing
         */
        public CertifiedSigner open(Clock clock) {
            CertifiedSigner signer = new CertifiedSigner(this, Objects.requireNonNull(clock, "clock"));
            signer.renewEvery(pause);
            return signer;
        }
    }
}
