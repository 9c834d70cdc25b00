package io.spendguard.jdbc.cli;

import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which key a command signs with: one in a file, or one that AWS KMS keeps. */
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class SigningKeyOptions {
    @ArgGroup(multiplicity = "1")
    private Choice key;

    @Mixin
    private KeyAccessOptions access;

    /** Lends the key for as long as the work takes. */
    <T> T with(Work<T> work) throws IOException {
        try (OpenKey open = access.open(key.pem, key.kms)) {
            return work.with(open.signer());
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
