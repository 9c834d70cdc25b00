package io.spendguard.decision;

import io.spendguard.evidence.ClosedPeriod;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.proof.Signer;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;

/**
 * Records, as one signed audit event, that a period of evidence was exported. Only what such an event covers may be dropped, and
 * only once a signed checkpoint covers the event itself. Blocks for one transaction. Safe for any number of threads.
 */
public final class PeriodClosing implements AutoCloseable {
    private final OperatorSession session;
    private final IdSource ids;

    private PeriodClosing(OperatorSession session, IdSource ids) {
        this.session = session;
        this.ids = ids;
    }

    /**
     * Starts a writer of its own on a ledger, which stays open when this is closed.
     *
     * @param signer signs the audit event
     * @param patience how long to wait for the ledger
     */
    public static PeriodClosing open(Ledger ledger, Signer signer, Clock clock, IdSource ids, Duration patience) {
        return new PeriodClosing(
                new OperatorSession(ledger, signer, clock, ids, patience, "Close the period again."), ids);
    }

    /**
     * Closes a period; the same one again is answered as before. That the archive holds what it should is the caller's to check.
     *
     * @throws io.spendguard.model.IdempotencyConflictException when a period of that size was closed with another archive
     * @throws LedgerUnavailableException when the ledger did not answer; the call may be made again
     */
    public Closed close(ClosedPeriod period) {
        PostResult result = session.await(new ClosePeriodOperation(period, ids.next(), ids.next()));
        return new Closed(
                UUID.fromString(JsonObject.parse(result.answer()).string("event")),
                result instanceof PostResult.Replayed);
    }

    /** Closes the evidence stream with a signed event. The ledger stays open. */
    @Override
    public void close() {
        session.close();
    }

    /**
     * What became of it.
     *
     * @param auditEventId the event that tells of it
     * @param isReplayed whether it had been closed before
     */
    public record Closed(UUID auditEventId, boolean isReplayed) {}
}
