package io.spendguard.ledger;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** One writer's way into a ledger. Safe for any number of threads. */
public interface LedgerSession extends AutoCloseable {
    /**
     * Queues an operation. The future completes after its transaction committed, never before.
     *
     * <p>It completes exceptionally with {@link io.spendguard.model.LedgerUnavailableException} when the ledger could
     * not be reached before the deadline; with {@link io.spendguard.model.IdempotencyConflictException} when the key
     * was used for another request; and with whatever {@link LedgerOperation#plan} threw. In all these cases nothing
     * is known to be written. An operation whose outcome was unknown at its deadline is still resolved; the future
     * then completes late, so that a hold nobody waits for can be given back.
     *
     * @param deadline the instant of the host's clock after which nobody waits any more
     */
    CompletableFuture<PostResult> submit(LedgerOperation operation, Instant deadline);

    /** Finishes what is queued, closes the streams with their signed last events, and ends the writer. */
    @Override
    void close();
}
