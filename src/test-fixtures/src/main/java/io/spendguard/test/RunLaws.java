package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.RecentActions;
import io.spendguard.ledger.RunState;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Runs: steps are counted, and a stop is for good. */
interface RunLaws extends LedgerLaws {
    @Test
    default void run_neverHeardOf_isFresh() {
        assertThat(run("r1")).isEqualTo(new RunState("r1", 0, null, null, RecentActions.NONE));
    }

    @Test
    default void run_withAllowedActions_countsThem() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");

        lab().post(lab().operations().hold("h1").claim(team, 1).inRun("r1"));
        lab().post(lab().operations().hold("h2").claim(team, 1).inRun("r1").unassumed());
        lab().post(lab().operations().hold("h3").claim(team, 1).inRun("r2"));

        assertThat(run("r1")).isEqualTo(new RunState("r1", 2, null, null, RecentActions.NONE));
        assertThat(run("r2")).isEqualTo(new RunState("r2", 1, null, null, RecentActions.NONE));
    }

    @Test
    default void run_withARefusedAction_doesNotCountIt() {
        lab().activate("team", 10);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 10).inRun("r1"));

        lab().post(lab().operations().hold("h2").claim(team, 1).inRun("r1"));

        assertThat(run("r1").steps()).isEqualTo(1);
    }

    @Test
    default void run_replayedAction_countsOnce() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");

        lab().post(lab().operations().hold("h1").claim(team, 1).inRun("r1"));
        lab().post(lab().operations().hold("h1").claim(team, 1).inRun("r1"));

        assertThat(run("r1").steps()).isEqualTo(1);
    }

    @Test
    default void run_rememberingItsActions_keepsTheLatestOfThemInOrder() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");

        for (int i = 0; i < RecentActions.MOST; i++) {
            lab().post(lab().operations()
                    .hold("h" + i)
                    .claim(team, 1)
                    .inRun("r1")
                    .remembered(i));
        }
        HoldOperation last = lab().operations()
                .hold("last")
                .claim(team, 1)
                .inRun("r1")
                .remembered(-7)
                .unassumed();
        lab().post(last);
        lab().reopen();

        List<Long> kept =
                new ArrayList<>(LongStream.range(1, RecentActions.MOST).boxed().toList());
        assertThat(last.seen().run().orElseThrow().recent().fingerprints())
                .startsWith(0L)
                .endsWith(31L);
        kept.add(-7L);
        assertThat(run("r1").recent().fingerprints()).isEqualTo(kept);
        assertThat(run("r1").recent().count(-7)).isEqualTo(1);
        assertThat(run("r1").recent().count(0)).isZero();
    }

    @Test
    default void stop_ofARun_isRecordedWithItsDecisionAndCode() {
        lab().activate("team", 1000);
        lab().post(lab().operations()
                .hold("h1")
                .claim(lab().operations().account("team"), 1)
                .inRun("r1"));
        StopOperation stop = lab().operations().stop("s1", "r1", "LIMIT");

        assertThat(lab().answer(stop)).isEqualTo("stopped");

        assertThat(run("r1")).isEqualTo(new RunState("r1", 1, stop.decisionId(), "LIMIT", RecentActions.NONE));
        assertThat(run("r1").isStopped()).isTrue();
    }

    @Test
    default void hold_inAStoppedRun_seesTheStopAndHoldsNothing() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        StopOperation stop = lab().operations().stop("s1", "r1", "LIMIT");
        lab().post(stop);
        HoldOperation assuming = lab().operations().hold("h1").claim(team, 1).inRun("r1");

        String answer = lab().answer(assuming);

        assertThat(answer).isEqualTo("refused: run stopped");
        assertThat(assuming.seen().run())
                .hasValue(new RunState("r1", 0, stop.decisionId(), "LIMIT", RecentActions.NONE));
        assertBalances(team, 1000, 0, 0, 0);
    }

    @Test
    default void hold_inARunStoppedBeforeReopening_seesTheStop() {
        lab().activate("team", 1000);
        lab().post(lab().operations().stop("s1", "r1", "LIMIT"));

        lab().reopen();
        String answer = lab().answer(lab().operations()
                .hold("h1")
                .claim(lab().operations().account("team"), 1)
                .inRun("r1"));

        assertThat(answer).isEqualTo("refused: run stopped");
    }

    @Test
    default void stop_ofAStoppedRun_keepsTheFirstStop() {
        StopOperation first = lab().operations().stop("s1", "r1", "LIMIT");
        lab().post(first);
        StopOperation second = lab().operations().stop("s2", "r1", "LOOP");

        assertThat(lab().answer(second)).isEqualTo("refused: run stopped");

        assertThat(run("r1")).isEqualTo(new RunState("r1", 0, first.decisionId(), "LIMIT", RecentActions.NONE));
    }

    @Test
    default void stop_postedAlthoughTheRunIsStopped_failsAndWritesNothing() {
        StopOperation first = lab().operations().stop("s1", "r1", "LIMIT");
        lab().post(first);
        int events = lab().events(null).size();
        StopOperation heedless = lab().operations().stop("s2", "r1", "LOOP").heedless();

        assertThatThrownBy(() -> lab().post(heedless)).isInstanceOf(IllegalStateException.class);

        assertThat(run("r1")).isEqualTo(new RunState("r1", 0, first.decisionId(), "LIMIT", RecentActions.NONE));
        assertThat(lab().events(null)).hasSize(events);
    }

    @Test
    default void stop_ofOneRun_leavesOthersOfThatNameAlone() {
        lab().post(lab().operations().stop("s1", "r1", "LIMIT"));

        assertThat(run("r2").isStopped()).isFalse();
        assertThat(lab().ledger().run(LedgerLab.TENANT, Namespace.SHADOW, "r1").isStopped())
                .isFalse();
        assertThat(lab().ledger().run("other", Namespace.ENFORCE, "r1").isStopped())
                .isFalse();
    }

    private RunState run(String name) {
        return lab().ledger().run(LedgerLab.TENANT, Namespace.ENFORCE, name);
    }
}
