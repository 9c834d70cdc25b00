package io.spendguard.ledger;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** One writer's way into a ledger. Safe for any number of threads. */
public interface LedgerSession extends AutoCloseable {
    /**
     * Queues an operation. The future completes after its transaction committed, never before.
     *
     * <p>It completes exceptionally with {@link io.spendguard.model.LedgerUnavailableException} when the ledger could
     * not be reached within the patience; with {@link io.spendguard.model.IdempotencyConflictException} when the key
     * was used for another request; and with whatever {@link LedgerOperation#plan} threw. In all these cases nothing
     * is known to be written. An operation whose outcome was unknown when patience ended is still resolved; the future
     * then completes late, so that a hold nobody waits for can be given back.
     *
     * @param patience how long somebody waits for the answer, from now on; zero or less is too late already
     */
    CompletableFuture<PostResult> submit(LedgerOperation operation, Duration patience);

    /**
     * Closes streams whose writers have not been heard of for so long by the store's clock, each by an event that this session's
     * host signs and that takes the position after the stream's last one. A stream whose writer lives after all is left alone, or its
     * writer finds the position taken and goes on in a new stream: nothing is lost and nothing is there twice. What cannot be closed now is
     * logged and left for the next time; the others are closed.
     *
     * <p>Nothing is closed while this session's own writer was not heard of for that long without a break: after an outage of the
     * store everybody has time to speak first. Blocks for a few reads and one write for each stream. Not to be called by
     * several threads at once.
     *
     * <p>Where writers cannot die without the store nothing is there to be closed; that is what this method does by default.
     *
     * @param silence for how long a writer was silent
     * @return how many streams were closed
     * @throws io.spendguard.model.LedgerUnavailableException when the store cannot be reached; streams closed before stay so
     */
    default int closeDeadStreams(Duration silence) {
        return 0;
    }

    /** Finishes what is queued, closes the streams with their signed last events, and ends the writer. */
    @Override
    void close();
}
