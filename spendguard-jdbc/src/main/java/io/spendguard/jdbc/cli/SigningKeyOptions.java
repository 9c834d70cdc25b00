package io.spendguard.jdbc.cli;

import io.spendguard.proof.AwsKmsSigner;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Which key a command signs with: one in a file, or one that AWS KMS keeps. */
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class SigningKeyOptions {
    @ArgGroup(multiplicity = "1")
    private Choice key;

    @Option(names = "--kms-region", paramLabel = "REGION", description = "its region; by default the environment's")
    private @Nullable String region;

    @Option(names = "--kms-endpoint", paramLabel = "URL", description = "another address than the region's")
    private @Nullable URI endpoint;

    /** Lends the key for as long as the work takes. Credentials of KMS are those the SDK finds. */
    <T> T with(Work<T> work) throws IOException {
        if (key.pem != null) {
            if (region != null || endpoint != null) {
                throw new IllegalArgumentException(
                        "Options --kms-region and --kms-endpoint belong to --kms, but --key names a file. Leave them out.");
            }
            return work.with(Ed25519Signer.load(key.pem));
        }
        AwsKmsSigner.Builder kms = AwsKmsSigner.of(String.valueOf(key.kms));
        if (region != null) {
            kms.region(region);
        }
        if (endpoint != null) {
            kms.endpoint(endpoint);
        }
        try (AwsKmsSigner signer = kms.open()) {
            return work.with(signer);
        }
    }

    /** What is done with the key. */
    interface Work<T> {
        T with(Signer signer) throws IOException;
    }

    /** One of the two. */
    private static final class Choice {
        @Option(names = "--key", paramLabel = "PEM", description = "the PEM file of the key that signs")
        private @Nullable Path pem;

        @Option(names = "--kms", paramLabel = "KEY", description = "the id, ARN or alias of the key in AWS KMS")
        private @Nullable String kms;
    }
}
