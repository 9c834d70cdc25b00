package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.LedgerUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A session's life: patience, closing, reopening. */
interface SessionLaws extends LedgerLaws {
    @Test
    default void submit_withNoPatience_failsAsUnavailableAndWritesNothing() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        HoldOperation late = lab().operations().hold("h1").claim(team, 300);

        assertThatThrownBy(() -> LedgerLab.await(lab().session().submit(late, Duration.ZERO)))
                .isInstanceOf(LedgerUnavailableException.class);

        assertThat(lab().isOpen(team)).isFalse();
        assertThat(lab().ledger().answer(LedgerLab.TENANT, late.kind(), "h1")).isEmpty();
        assertThat(lab().eventTypes()).containsExactly(TestSealer.OPENED, TestEvents.OPERATION);
    }

    @Test
    default void submit_againWithPatience_isWritten() {
        lab().activate("team", 1000);
        HoldOperation hold =
                lab().operations().hold("h1").claim(lab().operations().account("team"), 300);
        assertThatThrownBy(() -> LedgerLab.await(lab().session().submit(hold, Duration.ofMillis(-1))))
                .isInstanceOf(LedgerUnavailableException.class);

        assertThat(lab().post(hold)).isInstanceOf(PostResult.Written.class);
    }

    @Test
    default void submit_afterClose_isRefusedAndWritesNothing() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        LedgerSession closed = lab().connect(lab().ledger());
        closed.close();

        assertThatThrownBy(
                        () -> lab().post(closed, lab().operations().hold("h1").claim(team, 1)))
                .isInstanceOf(IllegalStateException.class);

        assertThat(lab().isOpen(team)).isFalse();
    }

    @Test
    default void close_calledTwice_closesOnce() {
        LedgerSession session = lab().connect(lab().ledger());
        lab().post(session, lab().operations().hold("h1"));

        session.close();
        session.close();

        assertThat(lab().eventTypes()).containsExactly(TestSealer.OPENED, TestEvents.OPERATION, TestSealer.CLOSED);
    }

    @Test
    default void close_withOperationsQueued_finishesThem() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        LedgerSession session = lab().connect(lab().ledger());
        List<CompletableFuture<PostResult>> futures = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            futures.add(lab().submit(session, lab().operations().hold("h" + i).claim(team, 1)));
        }

        session.close();

        assertThat(futures)
                .allSatisfy(future ->
                        assertThat(future).isCompletedWithValueMatching(PostResult.Written.class::isInstance));
        assertBalances(team, 1000, 0, 100, 0);
    }

    @Test
    default void close_ofOneSession_leavesTheOthersOpen() {
        LedgerSession closed = lab().connect(lab().ledger());
        LedgerSession open = lab().connect(lab().ledger());
        closed.close();

        assertThat(lab().post(open, lab().operations().hold("h1"))).isInstanceOf(PostResult.Written.class);
    }

    @Test
    default void closeDeadStreams_ofWritersThatLive_closesNone() {
        lab().post(lab().operations().hold("h1"));
        LedgerSession other = lab().connect(lab().openAnother());
        lab().post(other, lab().operations().hold("h2"));

        int closed = other.closeDeadStreams(Duration.ofSeconds(60))
                + lab().session().closeDeadStreams(Duration.ofSeconds(60));

        assertThat(closed).isZero();
        lab().post(lab().operations().hold("h3"));
        assertThat(lab().eventTypes())
                .containsExactlyInAnyOrder(
                        TestSealer.OPENED,
                        TestEvents.OPERATION,
                        TestSealer.OPENED,
                        TestEvents.OPERATION,
                        TestEvents.OPERATION);
    }

    @Test
    default void reopen_afterClose_findsEverythingThatWasStored() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        HoldOperation hold = lab().operations().hold("h1").claim(team, 300).inRun("r1");
        lab().post(hold);

        lab().reopen();

        assertBalances(team, 1000, 0, 300, 0);
        lab().post(lab().operations().commit("c1", hold, 250));
        assertBalances(team, 1000, 250, 0, 0);
    }
}
