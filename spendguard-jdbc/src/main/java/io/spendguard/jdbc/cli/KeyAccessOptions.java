package io.spendguard.jdbc.cli;

import io.spendguard.proof.AwsKmsSigner;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How to get at a key that signs: the passphrase of its file, or where AWS KMS is. */
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class KeyAccessOptions {
    @Mixin
    private KeyFileOptions file;

    @Option(names = "--kms-region", paramLabel = "REGION", description = "its region; by default the environment's")
    private @Nullable String region;

    @Option(names = "--kms-endpoint", paramLabel = "URL", description = "another address than the region's")
    private @Nullable URI endpoint;

    /**
     * The key, for the caller to close.
     *
     * @param pem its file, or null where KMS keeps it
     * @param kms its id, ARN or alias there, or null where a file holds it; credentials are those the SDK finds
     */
    OpenKey open(@Nullable Path pem, @Nullable String kms) throws IOException {
        if (pem != null) {
            if (region != null || endpoint != null) {
                throw new IllegalArgumentException("Options --kms-region and --kms-endpoint belong to a key in AWS KMS,"
                        + " but this one is in file " + pem + ". Leave them out.");
            }
            return new OpenKey(file.load(pem), null);
        }
        if (file.isGiven()) {
            throw new IllegalArgumentException(
                    "Options --passphrase and --passphrase-file belong to a key's file, but key '" + kms
                            + "' is in AWS KMS. Leave them out.");
        }
        AwsKmsSigner.Builder service = AwsKmsSigner.of(String.valueOf(kms));
        if (region != null) {
            service.region(region);
        }
        if (endpoint != null) {
            service.endpoint(endpoint);
        }
        AwsKmsSigner signer = service.open();
        return new OpenKey(signer, signer);
    }
}
