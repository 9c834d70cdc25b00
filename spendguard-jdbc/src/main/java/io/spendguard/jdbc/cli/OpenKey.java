package io.spendguard.jdbc.cli;

import io.spendguard.ledger.Ledger;
import io.spendguard.model.IdSource;
import io.spendguard.proof.AwsKmsSigner;
import io.spendguard.proof.Signer;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A key that signs, until it is closed.
 *
 * @param signer signs with it
 * @param kms the connection that goes with it, or null where there is none
 */
record OpenKey(Signer signer, @Nullable AwsKmsSigner kms) implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** A writer on the ledger that signs with the key, with ids of the clock and a patience of 30 seconds. */
    <W> W writer(Opening<W> opening, Ledger ledger, Clock clock) {
        return opening.open(ledger, signer, clock, IdSource.timeOrdered(clock), PATIENCE);
    }

    @Override
    public void close() {
        if (kms != null) {
            kms.close();
        }
    }

    /** How one kind of writer is opened. */
    @FunctionalInterface
    interface Opening<W> {
        W open(Ledger ledger, Signer signer, Clock clock, IdSource ids, Duration patience);
    }
}
