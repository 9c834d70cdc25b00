package io.spendguard.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.ledger.internal.PeriodicThread;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PeriodicThreadTest {
    @Test
    void run_aRoundThatFails_isFollowedByTheNext() throws InterruptedException {
        CountDownLatch rounds = new CountDownLatch(3);
        try (PeriodicThread thread = new PeriodicThread("test-rounds", Duration.ofMillis(1), () -> {
            rounds.countDown();
            throw new IllegalStateException("This round fails.");
        })) {
            thread.start();

            rounds.await();
        }

        assertThat(rounds.getCount()).isZero();
    }

    @Test
    void close_inTheMiddleOfARound_breaksItOff_andNoOtherBegins() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicInteger rounds = new AtomicInteger();
        PeriodicThread thread = new PeriodicThread("test-broken-off", Duration.ofMillis(1), () -> {
            rounds.incrementAndGet();
            begun.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException brokenOff) {
                throw new IllegalStateException("This round is broken off.", brokenOff);
            }
        });
        thread.start();
        begun.await();

        thread.close();

        assertThat(rounds).hasValue(1);
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("test-broken-off");
    }

    @Test
    void close_beforeTheFirstRound_doesNothing() {
        AtomicInteger rounds = new AtomicInteger();
        PeriodicThread thread = new PeriodicThread("test-idle", Duration.ofDays(1), rounds::incrementAndGet);
        thread.start();

        thread.close();

        assertThat(rounds).hasValue(0);
    }
}
