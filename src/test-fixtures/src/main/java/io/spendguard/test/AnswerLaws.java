package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.ledger.AnswerKey;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What an operation is shown of the answers that others of its tenant gave. */
interface AnswerLaws extends LedgerLaws {
    @Test
    default void plan_needingAnAnswer_seesWhatWasAnsweredBefore() {
        lab().post(lab().operations().hold("first"));
        HoldOperation second = lab().operations().hold("second").needing(OperationKind.DECIDE, "first");

        lab().post(second);

        assertThat(second.seen().answers()).isEqualTo(Map.of(decide("first"), "held"));
    }

    @Test
    default void plan_needingAnAnswer_seesThatOfAnotherWriter() {
        LedgerSession other = lab().connect(lab().openAnother());
        lab().post(other, lab().operations().stop("stop", "r1", "LIMIT"));
        HoldOperation second = lab().operations().hold("second").needing(OperationKind.DECIDE, "stop");

        lab().post(second);

        assertThat(second.seen().answers()).isEqualTo(Map.of(decide("stop"), "stopped"));
    }

    @Test
    default void plan_needingAnAnswer_isAskedWhateverWasAssumed() {
        HoldOperation assuming = lab().operations().hold("h1").needing(OperationKind.DECIDE, "nobody's");

        lab().post(assuming);

        assertThat(assuming.assumed()).isPresent();
        assertThat(assuming.plans()).isEqualTo(1);
        assertThat(assuming.seen().answers()).isEmpty();
    }

    @Test
    default void plan_needingAnAnswer_seesNoneOfAnotherKindOrTenant() {
        lab().post(lab().operations().hold("same"));
        lab().post(lab().operations("other").hold("theirs"));
        HoldOperation second = lab().operations()
                .hold("second")
                .needing(OperationKind.SETTLE, "same")
                .needing(OperationKind.DECIDE, "theirs");

        lab().post(second);

        assertThat(second.seen().answers()).isEmpty();
    }

    @Test
    default void plan_needingNone_isShownNone() {
        lab().post(lab().operations().hold("not asked for"));
        HoldOperation second = lab().operations()
                .hold("second")
                .needing(OperationKind.DECIDE, "nobody's")
                .unassumed();

        lab().post(second);

        assertThat(second.seen().isShownMore()).isFalse();
    }

    @Test
    default void plan_ofOneBatch_eachSeesItsOwn() {
        LedgerSession session = lab().session();
        lab().post(session, lab().operations().hold("a"));
        lab().post(session, lab().operations().stop("b", "r1", "LIMIT"));
        List<HoldOperation> holds = new ArrayList<>();
        List<CompletableFuture<PostResult>> futures = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            HoldOperation hold = lab().operations().hold("h" + i).needing(OperationKind.DECIDE, i % 2 == 0 ? "a" : "b");
            holds.add(hold);
            futures.add(lab().submit(session, hold));
        }

        futures.forEach(LedgerLab::await);

        for (int i = 0; i < 20; i++) {
            assertThat(holds.get(i).seen().answers())
                    .isEqualTo(i % 2 == 0 ? Map.of(decide("a"), "held") : Map.of(decide("b"), "stopped"));
        }
    }

    @Test
    default void replay_ofAnOperationThatNeededAnswers_isNotAskedAgain() {
        lab().post(lab().operations().hold("first"));
        lab().post(lab().operations().hold("second").needing(OperationKind.DECIDE, "first"));
        HoldOperation again = lab().operations().hold("second").needing(OperationKind.DECIDE, "first");

        assertThat(lab().post(again)).isInstanceOf(PostResult.Replayed.class);

        assertThat(again.plans()).isZero();
    }

    private static AnswerKey decide(String key) {
        return new AnswerKey(OperationKind.DECIDE, key);
    }
}
