package io.spendguard.jdbc.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The key with which an operator's work on a ledger is signed: one in a file, or one that AWS KMS keeps. */
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class AuditKeyOptions {
    @ArgGroup(multiplicity = "1")
    private Choice key;

    @Mixin
    private KeyAccessOptions access;

    /** The key, for the caller to close. */
    OpenKey open() throws IOException {
        return access.open(key.pem, key.kms);
    }

    /** One of the two. */
    private static final class Choice {
        @Option(
                names = "--signing-key",
                paramLabel = "PEM",
                description = "the PEM file of the key that signs the audit event")
        private @Nullable Path pem;

        @Option(
                names = "--signing-kms",
                paramLabel = "KEY",
                description = "the id, ARN or alias of the key in AWS KMS that signs the audit event")
        private @Nullable String kms;
    }
}
