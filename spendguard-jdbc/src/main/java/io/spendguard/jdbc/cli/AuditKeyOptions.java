package io.spendguard.jdbc.cli;

import io.spendguard.ledger.Ledger;
import io.spendguard.model.IdSource;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import picocli.CommandLine.Option;

/** The key with which an operator's work on a ledger is signed. */
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class AuditKeyOptions {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Option(
            names = "--signing-key",
            required = true,
            paramLabel = "PEM",
            description = "the key that signs the audit event")
    private Path signingKey;

    /** A writer on the ledger that signs with the key, with ids of the clock and a patience of 30 seconds. */
    <W> W open(Opening<W> opening, Ledger ledger, Clock clock) {
        return opening.open(ledger, Ed25519Signer.load(signingKey), clock, IdSource.timeOrdered(clock), PATIENCE);
    }

    /**
     * Refuses to sign with one key.
     *
     * @param keyId the key
     * @param why what it would do, to follow its name
     * @throws IllegalArgumentException when it is that one
     */
    void requireOther(String keyId, String why) {
        if (Ed25519Signer.load(signingKey).keyId().equals(keyId)) {
            throw new IllegalArgumentException(
                    "Key '" + keyId + "' of " + signingKey + " " + why + ". Sign with another one.");
        }
    }

    /** How one kind of writer is opened. */
    @FunctionalInterface
    interface Opening<W> {
        W open(Ledger ledger, Signer signer, Clock clock, IdSource ids, Duration patience);
    }
}
