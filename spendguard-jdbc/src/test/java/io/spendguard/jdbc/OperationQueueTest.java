package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.jdbc.OperationQueue.Waiting;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Digest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is handed out together, and when. */
@Timeout(60)
class OperationQueueTest {
    private static final long LONG = TimeUnit.HOURS.toNanos(1);

    private final OperationQueue queue = new OperationQueue(100);

    @Test
    void take_othersAreAwaited_handsOutAllTogether() throws InterruptedException {
        CompletableFuture<List<Waiting>> taken = takeInBackground(new Gathering(3, LONG));

        queue.offer(operation("first"));
        queue.offer(operation("second"));
        queue.offer(operation("third"));

        assertThat(keys(taken.join())).containsExactly("first", "second", "third");
    }

    @Test
    void take_othersAreAwaitedInVain_handsOutWhoIsThere() {
        queue.offer(operation("alone"));

        assertThat(keys(queue.take(10, LONG, new Gathering(3, 1)))).containsExactly("alone");
    }

    /** A batch never holds more, so that waiting for more would be in vain. */
    @Test
    void take_moreAreAwaitedThanABatchHolds_doesNotWaitForThem() {
        queue.offer(operation("first"));
        queue.offer(operation("second"));

        assertThat(keys(queue.take(2, LONG, new Gathering(3, LONG)))).containsExactly("first", "second");
    }

    @Test
    void take_nobodyIsAwaited_handsOutTheFirstAtOnce() throws InterruptedException {
        CompletableFuture<List<Waiting>> taken = takeInBackground(Gathering.NONE);

        queue.offer(operation("first"));

        assertThat(keys(taken.join())).containsExactly("first");
    }

    @Test
    void close_whileOthersAreAwaited_handsOutWhoIsThere() throws InterruptedException {
        CompletableFuture<List<Waiting>> taken = takeInBackground(new Gathering(3, LONG));
        queue.offer(operation("alone"));

        queue.close(Duration.ofMinutes(1));

        assertThat(keys(taken.join())).containsExactly("alone");
        assertThat(queue.take(10, LONG, new Gathering(3, LONG))).isEmpty();
    }

    @Test
    void take_nobodyComesInTime_handsOutNobody() {
        assertThat(queue.take(10, 1, new Gathering(3, LONG))).isEmpty();
    }

    @Test
    void gathering_isNeverLongBesideWhatTheLastBatchTook() {
        assertThat(Gathering.after(1, LONG)).isEqualTo(Gathering.NONE);
        assertThat(Gathering.after(0, LONG)).isEqualTo(Gathering.NONE);
        assertThat(Gathering.after(8, 1_600_000)).isEqualTo(new Gathering(8, 200_000));
        assertThat(Gathering.after(8, LONG)).isEqualTo(new Gathering(8, 500_000));
    }

    /** Returns when the taker waits. */
    private CompletableFuture<List<Waiting>> takeInBackground(Gathering awaited) throws InterruptedException {
        CompletableFuture<List<Waiting>> taken = new CompletableFuture<>();
        Thread taker = new Thread(() -> {
            try {
                taken.complete(queue.take(10, LONG, awaited));
            } catch (RuntimeException | Error e) {
                taken.completeExceptionally(new CompletionException(e));
            }
        });
        taker.setDaemon(true);
        taker.start();
        while (taker.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        return taken;
    }

    private static List<String> keys(List<Waiting> batch) {
        return batch.stream().map(waiting -> waiting.operation().key()).toList();
    }

    private static Waiting operation(String key) {
        return new Waiting(new Named(key), System.nanoTime() + LONG, new CompletableFuture<>());
    }

    private record Named(String key) implements LedgerOperation {
        @Override
        public OperationKind kind() {
            return OperationKind.DECIDE;
        }

        @Override
        public String tenant() {
            return "acme";
        }

        @Override
        public Namespace namespace() {
            return Namespace.ENFORCE;
        }

        @Override
        public Digest requestDigest() {
            return Digest.sha256();
        }

        @Override
        public Posting plan(LedgerView view) {
            throw new UnsupportedOperationException();
        }
    }
}
