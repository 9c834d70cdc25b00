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

    /** Finishes what is queued, closes the streams with their signed last events, and ends the writer. */
    @Override
    void close();
}
