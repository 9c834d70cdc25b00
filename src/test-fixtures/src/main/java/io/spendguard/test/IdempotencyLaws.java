package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.IdempotencyConflictException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Doing each operation once: tenant, kind and key, and the digest of what was asked. */
interface IdempotencyLaws extends LedgerLaws {
    @Test
    default void submit_sameKeySameRequest_replaysTheFirstAnswerAndWritesNothing() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 300));
        int events = lab().events(null).size();

        PostResult again = lab().post(lab().operations().hold("h1").claim(team, 300));

        assertThat(again).isInstanceOf(PostResult.Replayed.class);
        assertThat(LedgerLab.text(again)).isEqualTo("held");
        assertBalances(team, 1000, 0, 300, 0);
        assertThat(lab().events(null)).hasSize(events);
    }

    @Test
    default void submit_sameKeySameRequestWithoutAssumption_replaysTheFirstAnswer() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 300));
        HoldOperation again = lab().operations().hold("h1").claim(team, 300).unassumed();

        assertThat(lab().post(again)).isInstanceOf(PostResult.Replayed.class);

        assertThat(again.plans()).isZero();
        assertBalances(team, 1000, 0, 300, 0);
    }

    @Test
    default void submit_sameKeyOtherRequest_conflictsAndWritesNothing() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 300));
        int events = lab().events(null).size();
        HoldOperation other = lab().operations().hold("h1").claim(team, 300).asking("something else");

        assertThatThrownBy(() -> lab().post(other))
                .isInstanceOf(IdempotencyConflictException.class)
                .hasMessage("Key 'h1' of DECIDE was used before for another request: one key names one request. Use a"
                        + " fresh key for a new request.");

        assertBalances(team, 1000, 0, 300, 0);
        assertThat(lab().ledger().reservation(LedgerLab.TENANT, other.reservationId()))
                .isEmpty();
        assertThat(lab().events(null)).hasSize(events);
    }

    @Test
    default void submit_sameKeyOtherKind_isAnotherOperation() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        HoldOperation hold = lab().operations().hold("same").claim(team, 300);
        lab().post(hold);

        assertThat(lab().answer(lab().operations().commit("same", hold, 250))).isEqualTo("committed [250]");
    }

    @Test
    default void submit_sameKeyAfterReopening_replaysTheFirstAnswer() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 300));

        lab().reopen();
        PostResult again = lab().post(lab().operations().hold("h1").claim(team, 300));

        assertThat(again).isInstanceOf(PostResult.Replayed.class);
        assertThat(LedgerLab.text(again)).isEqualTo("held");
        assertBalances(team, 1000, 0, 300, 0);
    }

    @Test
    default void submit_refusedKeyWhenMoneyIsThereAgain_replaysTheRefusal() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        HoldOperation first = lab().operations().hold("h1").claim(team, 1000);
        lab().post(first);
        lab().post(lab().operations().hold("h2").claim(team, 1));
        lab().post(lab().operations().release("r1", first));

        assertThat(lab().answer(lab().operations().hold("h2").claim(team, 1))).isEqualTo("refused: short of team");

        assertBalances(team, 1000, 0, 0, 0);
    }

    @Test
    default void submit_keyWhosePlanThrew_isFree() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        HoldOperation failing =
                lab().operations().hold("h1").claim(team, 300).failing(new IllegalArgumentException("not now"));
        assertThatThrownBy(() -> lab().post(failing)).hasMessage("not now");

        PostResult later = lab().post(lab().operations().hold("h1").claim(team, 300));

        assertThat(later).isInstanceOf(PostResult.Written.class);
        assertBalances(team, 1000, 0, 300, 0);
    }

    @Test
    default void submit_oneKeyFromManyThreadsAndWriters_isWrittenOnce() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        LedgerSession other = lab().connect(lab().openAnother());
        List<CompletableFuture<PostResult>> futures = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            futures.add(lab().submit(lab().operations().hold("h1").claim(team, 300)));
            futures.add(lab().submit(other, lab().operations().hold("h1").claim(team, 300)));
        }

        List<PostResult> results = futures.stream().map(LedgerLab::await).toList();

        assertThat(results).filteredOn(PostResult.Written.class::isInstance).hasSize(1);
        assertThat(results).extracting(LedgerLab::text).containsOnly("held");
        assertBalances(team, 1000, 0, 300, 0);
    }

    @Test
    default void submit_oneKeyForTwoRequestsAtOnce_oneIsWrittenAndTheOtherConflicts() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        LedgerSession session = lab().session();
        List<CompletableFuture<PostResult>> futures = List.of(
                lab().submit(session, lab().operations().hold("h1").claim(team, 300)),
                lab().submit(
                                session,
                                lab().operations().hold("h1").claim(team, 300).asking("something else")));

        int written = 0;
        int conflicts = 0;
        for (CompletableFuture<PostResult> future : futures) {
            try {
                written += LedgerLab.await(future) instanceof PostResult.Written ? 1 : 0;
            } catch (IdempotencyConflictException e) {
                conflicts++;
            }
        }

        assertThat(written).isEqualTo(1);
        assertThat(conflicts).isEqualTo(1);
        assertBalances(team, 1000, 0, 300, 0);
    }

    @Test
    default void answer_ofAnOperation_isWhatItsPostingSaid() {
        lab().activate("team", 1000);
        lab().post(lab().operations().hold("h1").claim(lab().operations().account("team"), 300));

        assertThat(lab().ledger().answer(LedgerLab.TENANT, OperationKind.DECIDE, "h1"))
                .hasValueSatisfying(answer -> assertThat(answer).asString().isEqualTo("held"));
    }

    @Test
    default void answer_ofAnUnknownKey_isEmpty() {
        lab().activate("team", 1000);
        lab().post(lab().operations().hold("h1").claim(lab().operations().account("team"), 300));

        assertThat(lab().ledger().answer(LedgerLab.TENANT, OperationKind.DECIDE, "h2"))
                .isEmpty();
        assertThat(lab().ledger().answer(LedgerLab.TENANT, OperationKind.SETTLE, "h1"))
                .isEmpty();
        assertThat(lab().ledger().answer("other", OperationKind.DECIDE, "h1")).isEmpty();
    }
}
