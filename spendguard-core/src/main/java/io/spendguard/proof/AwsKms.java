package io.spendguard.proof;

import io.spendguard.proof.SigningException.Kind;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.KmsClientBuilder;
import software.amazon.awssdk.services.kms.model.GetPublicKeyResponse;
import software.amazon.awssdk.services.kms.model.KeySpec;
import software.amazon.awssdk.services.kms.model.KeyState;
import software.amazon.awssdk.services.kms.model.KeyUsageType;
import software.amazon.awssdk.services.kms.model.MessageType;
import software.amazon.awssdk.services.kms.model.SignResponse;
import software.amazon.awssdk.services.kms.model.SigningAlgorithmSpec;

/** One key of AWS KMS. All that touches the SDK is here, so that everything else loads without it. */
final class AwsKms implements AutoCloseable {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final int SERVER_ERROR = 500;

    private final KmsClient client;
    private final String name;

    private AwsKms(KmsClient client, String name) {
        this.client = client;
        this.name = name;
    }

    static AwsKms connect(
            String key,
            @Nullable String region,
            @Nullable URI endpoint,
            String @Nullable [] credentials,
            int attempts,
            Duration attemptTimeout) {
        BackoffStrategy pauses = BackoffStrategy.exponentialDelay(FIRST_PAUSE, LONGEST_PAUSE);
        KmsClientBuilder builder = KmsClient.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(attemptTimeout)
                        .socketTimeout(attemptTimeout)) // its reads cannot be interrupted
                .overrideConfiguration(override -> override.apiCallAttemptTimeout(attemptTimeout)
                        .apiCallTimeout(attemptTimeout.plus(LONGEST_PAUSE).multipliedBy(attempts))
                        .retryStrategy(retries -> retries.maxAttempts(attempts)
                                .backoffStrategy(pauses)
                                .throttlingBackoffStrategy(pauses)));
        if (region != null) {
            builder.region(Region.of(region));
        }
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        if (credentials != null) {
            builder.credentialsProvider(
                    StaticCredentialsProvider.create(AwsBasicCredentials.create(credentials[0], credentials[1])));
        }
        try {
            return new AwsKms(builder.build(), key);
        } catch (SdkException unconfigured) {
            throw failed(key, "is not reachable as configured", unconfigured);
        }
    }

    /** Looks whether the key signs as it must; returns its ARN and its public key. */
    Key describe() {
        try {
            KeyState state = client.describeKey(request -> request.keyId(name))
                    .keyMetadata()
                    .keyState();
            if (state != KeyState.ENABLED) {
                throw new SigningException(
                        Kind.REFUSED,
                        "KMS key '" + name + "' is " + state + ": only an enabled key signs. Enable it.",
                        null);
            }
            GetPublicKeyResponse key = client.getPublicKey(request -> request.keyId(name));
            if (key.keySpec() != KeySpec.ECC_NIST_P256 || key.keyUsage() != KeyUsageType.SIGN_VERIFY) {
                throw new SigningException(
                        Kind.UNSUITABLE,
                        "KMS key '" + name + "' is of spec " + key.keySpecAsString() + " for " + key.keyUsageAsString()
                                + ": ECC_NIST_P256 for SIGN_VERIFY is needed. Create one of these.",
                        null);
            }
            return new Key(key.keyId(), P256.fromSpki(key.publicKey().asByteArray()));
        } catch (SdkException failure) {
            throw failed(name, "cannot be read", failure);
        }
    }

    /** Signs a SHA-256 digest: the service hashes nothing, whatever the message's length. Returns DER. */
    byte[] sign(String arn, byte[] digest) {
        try {
            SignResponse signed = client.sign(request -> request.keyId(arn)
                    .message(SdkBytes.fromByteArray(digest))
                    .messageType(MessageType.DIGEST)
                    .signingAlgorithm(SigningAlgorithmSpec.ECDSA_SHA_256));
            if (!arn.equals(signed.keyId())) {
                throw new SigningException(
                        Kind.UNVERIFIABLE,
                        "KMS answered for key '" + signed.keyId() + "' where '" + arn
                                + "' was asked to sign: another key proves nothing. Check the endpoint.",
                        null);
            }
            return signed.signature().asByteArray();
        } catch (SdkException failure) {
            throw failed(arn, "did not sign", failure);
        }
    }

    @Override
    public void close() {
        client.close();
    }

    private static SigningException failed(String name, String what, SdkException failure) {
        boolean isRefusal = failure instanceof AwsServiceException service
                && service.statusCode() < SERVER_ERROR
                && !service.isThrottlingException();
        return new SigningException(
                isRefusal ? Kind.REFUSED : Kind.UNAVAILABLE,
                "KMS key '" + name + "' " + what + ": "
                        + String.valueOf(failure.getMessage()).replaceFirst("\\.?$", ".")
                        + (isRefusal
                                ? " Check key, region and permissions (kms:Sign, kms:GetPublicKey, kms:DescribeKey)."
                                : " Check region, credentials and network, or try again later."),
                failure);
    }

    /** What a key is. */
    record Key(String arn, byte[] point) {}
}
