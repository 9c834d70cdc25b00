package io.spendguard.decision;

import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.SpendGuardException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands operations to one ledger session, and waits for its answers no longer than a caller's patience lasts. */
final class LedgerCalls {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerCalls.class);

    private static final int TIMES_A_CALLERS_PATIENCE = 24;
    private static final Duration LONG = Duration.ofMinutes(10);

    private final LedgerSession session;
    private final Duration patience;

    LedgerCalls(LedgerSession session, Duration patience) {
        this.session = session;
        this.patience = patience;
    }

    Duration patience() {
        return patience;
    }

    /** Asks without waiting. */
    CompletableFuture<PostResult> submit(LedgerOperation operation) {
        return session.submit(operation, patience);
    }

    /**
     * Asks without waiting, for the ledger to try longer than any caller waits: what changes every account of a budget, and was
     * given up as soon as a caller is, would be begun anew for each, and never be done.
     */
    CompletableFuture<PostResult> submitPatiently(LedgerOperation operation) {
        return session.submit(
                operation, patience.compareTo(LONG) < 0 ? patience.multipliedBy(TIMES_A_CALLERS_PATIENCE) : patience);
    }

    /** Asks without waiting, for the ledger to try no longer than until a moment of {@link System#nanoTime()}. */
    CompletableFuture<PostResult> submit(LedgerOperation operation, long deadlineNanos) {
        return session.submit(operation, Duration.ofNanos(deadlineNanos - System.nanoTime()));
    }

    /**
     * Asks and waits for the answer.
     *
     * @throws LedgerUnavailableException when the ledger did not answer in time
     */
    PostResult await(LedgerOperation operation) {
        return await(operation, late -> {});
    }

    /** As {@link #await(LedgerOperation)}; an answer that comes after it threw goes to {@code late}. */
    PostResult await(LedgerOperation operation, Consumer<PostResult> late) {
        return await(submit(operation), operation.kind() + " '" + operation.key() + "'", late);
    }

    /** As above, for something that was asked before. */
    PostResult await(CompletableFuture<PostResult> future, String operation) {
        return await(future, operation, late -> {});
    }

    private PostResult await(CompletableFuture<PostResult> future, String operation, Consumer<PostResult> late) {
        try {
            return future.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new SpendGuardException("Operation " + operation + " failed.", e);
        } catch (TimeoutException e) {
            whenLate(future, operation, late);
            throw new LedgerUnavailableException(
                    "Ledger did not answer " + operation + " within " + patience
                            + ". Try again, or give the guard more patience.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            whenLate(future, operation, late);
            throw new LedgerUnavailableException(
                    "Thread was interrupted while it waited for the ledger's answer to " + operation
                            + ". Try again on a thread that is not being stopped.",
                    e);
        }
    }

    private static void whenLate(CompletableFuture<PostResult> future, String operation, Consumer<PostResult> late) {
        CompletableFuture<Void> unused = future.thenAcceptAsync(late).exceptionally(failure -> {
            LOG.warn("Nobody waited for {} any more, and it failed", operation, failure);
            return null;
        });
    }
}
