package io.spendguard.proof;

import io.spendguard.model.Digest;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Signs with a key that AWS KMS keeps (ECC_NIST_P256): checkpoints, never decisions, which would each wait for a network.
 * The digest is computed here and signed as it is; what comes back is checked under the public key before it is used, so
 * that a signature nobody can verify is a failure at once.
 *
 * <p>Each signature is a network call, tried a bounded number of times when the service throttles, fails or is silent. The
 * key's id is that of its public key, as for every signer: a key of KMS never changes its material, so that ARN and id name
 * the same. Needs {@code software.amazon.awssdk:kms} and {@code url-connection-client} on the class path. Safe for any
 * number of threads.
 */
public final class AwsKmsSigner implements Signer, AutoCloseable {
    private final AwsKms kms;
    private final String arn;
    private final VerificationKey verificationKey;

    private AwsKmsSigner(AwsKms kms, AwsKms.Key key) {
        this.kms = kms;
        this.arn = key.arn();
        this.verificationKey = VerificationKey.p256(key.point());
    }

    /** Starts with a key's id, ARN or alias; an alias is resolved once, so that a moved alias changes nothing here. */
    public static Builder of(String key) {
        return new Builder(key);
    }

    /** The key's ARN, as the service resolved it. */
    public String arn() {
        return arn;
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

    /**
     * {@inheritDoc}
     *
     * <p>Blocks for the network.
     *
     * @throws SigningException when the service does not sign in the attempts it has, or what it answers does not verify
     */
    @Override
    public byte[] sign(byte[] message) {
        byte[] signature;
        try {
            signature = P256.fromDer(kms.sign(arn, Digest.sha256(message).bytes()));
        } catch (IllegalArgumentException noSignature) {
            throw unverifiable(noSignature);
        }
        if (!verificationKey.verify(message, signature)) {
            throw unverifiable(null);
        }
        return signature;
    }

    @Override
    public VerificationKey verificationKey() {
        return verificationKey;
    }

    /** Lets go of connections. */
    @Override
    public void close() {
        kms.close();
    }

    /** The key's ARN and id. */
    @Override
    public String toString() {
        return "AwsKmsSigner[" + arn + ", " + keyId() + "]";
    }

    private SigningException unverifiable(@Nullable Throwable cause) {
        String message =
                "KMS key '" + arn + "' answered a signature that does not verify under its own public key: it is"
                        + " not used. Check what stands between here and the service.";
        return new SigningException(SigningException.Kind.UNVERIFIABLE, message, cause);
    }

    /** How the service is reached. Not safe for several threads. */
    public static final class Builder {
        private static final int MOST_ATTEMPTS = 20;

        private final String key;
        private @Nullable String region;
        private @Nullable URI endpoint;
        private String @Nullable [] credentials;
        private int attempts = 4;
        private Duration attemptTimeout = Duration.ofSeconds(5);

        private Builder(String key) {
            this.key = Objects.requireNonNull(key, "key");
        }

        /** The region; by default what the SDK finds in environment and configuration files. */
        public Builder region(String value) {
            this.region = Objects.requireNonNull(value, "value");
            return this;
        }

        /** Another address than the region's, such as a VPC endpoint. */
        public Builder endpoint(URI value) {
            this.endpoint = Objects.requireNonNull(value, "value");
            return this;
        }

        /** Fixed credentials; by default those the SDK finds, which renew themselves. */
        public Builder credentials(String accessKeyId, String secretAccessKey) {
            this.credentials = new String[] {accessKeyId, secretAccessKey};
            return this;
        }

        /**
         * How often a call is tried, the first time included, with at most a second in between; 4 by default. What the
         * service refuses for good is not tried again. Throws {@link IllegalArgumentException} outside 1 to 20.
         */
        public Builder attempts(int value) {
            if (value < 1 || value > MOST_ATTEMPTS) {
                throw new IllegalArgumentException("KMS attempts " + value + " are not between 1 and " + MOST_ATTEMPTS
                        + ". Give a number in that range.");
            }
            this.attempts = value;
            return this;
        }

        /** How long one attempt may take; 5 s by default. Throws {@link IllegalArgumentException} unless positive. */
        public Builder attemptTimeout(Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException(
                        "KMS attempt timeout " + value + " is not positive. Give a time, such as PT5S.");
            }
            this.attemptTimeout = value;
            return this;
        }

        /**
         * Reads the key's public half. Blocks for two calls.
         *
         * @throws SigningException when the service cannot be reached or the key is not one that signs as needed
         * @throws IllegalStateException when the SDK is not on the class path
         */
        public AwsKmsSigner open() {
            AwsKms kms;
            try {
                kms = AwsKms.connect(key, region, endpoint, credentials, attempts, attemptTimeout);
            } catch (NoClassDefFoundError absent) {
                throw new IllegalStateException(
                        "AwsKmsSigner needs the AWS SDK, which is optional and not on the class path. Add"
                                + " software.amazon.awssdk:kms and software.amazon.awssdk:url-connection-client.",
                        absent);
            }
            try {
                return new AwsKmsSigner(kms, kms.describe());
            } catch (RuntimeException failed) {
                kms.close();
                throw failed;
            }
        }
    }
}
