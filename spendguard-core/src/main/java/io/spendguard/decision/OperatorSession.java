package io.spendguard.decision;

import io.spendguard.evidence.StreamSealer;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.SpendGuardException;
import io.spendguard.proof.Signer;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A writer for what operators do, one operation after the other, without a contract. */
final class OperatorSession implements AutoCloseable {
    private final LedgerSession session;
    private final Duration patience;
    private final String remedy;

    /**
     * Starts a writer of its own.
     *
     * @param patience how long to wait for the ledger
     * @param remedy what to do when it did not answer, a sentence
     */
    OperatorSession(Ledger ledger, Signer signer, Clock clock, IdSource ids, Duration patience, String remedy) {
        Objects.requireNonNull(signer, "signer");
        this.session = Objects.requireNonNull(ledger, "ledger")
                .connect(new WriterHost(() -> new StreamSealer(signer, ids, clock), ids));
        this.patience = patience;
        this.remedy = remedy;
    }

    /**
     * Carries an operation out.
     *
     * @throws LedgerUnavailableException when the ledger did not answer
     */
    PostResult await(LedgerOperation operation) {
        String what = operation.kind() + " '" + operation.key() + "'";
        try {
            return session.submit(operation, patience).get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new SpendGuardException("Operation " + what + " failed.", e);
        } catch (TimeoutException e) {
            throw new LedgerUnavailableException(
                    "Ledger did not answer " + what + " within " + patience + ". " + remedy, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LedgerUnavailableException(
                    "Thread was interrupted while it waited for " + what + ". " + remedy, e);
        }
    }

    /** Closes the evidence stream with a signed event. */
    @Override
    public void close() {
        session.close();
    }
}
