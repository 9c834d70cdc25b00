package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Reservation;
import org.junit.jupiter.api.Test;

/** Settling holds: what each cost leaves behind, and that a reservation is settled once. */
interface SettlementLaws extends LedgerLaws {
    /** A hold of so many calls on budget team, which has a limit of 1000. */
    private HoldOperation held(long calls) {
        lab().activate("team", 1000);
        HoldOperation hold =
                lab().operations().hold("hold").claim(lab().operations().account("team"), calls);
        lab().post(hold);
        return hold;
    }

    @Test
    default void commit_belowTheHold_spendsTheCostAndFreesTheRest() {
        HoldOperation hold = held(300);

        String answer = lab().answer(lab().operations().commit("c1", hold, 250));

        assertThat(answer).isEqualTo("committed [250]");
        assertBalances(lab().operations().account("team"), 1000, 250, 0, 0);
    }

    @Test
    default void commit_atTheHold_spendsAllOfIt() {
        HoldOperation hold = held(300);

        lab().post(lab().operations().commit("c1", hold, 300));

        assertBalances(lab().operations().account("team"), 1000, 300, 0, 0);
    }

    @Test
    default void commit_ofNothing_freesAllOfIt() {
        HoldOperation hold = held(300);

        lab().post(lab().operations().commit("c1", hold, 0));

        assertBalances(lab().operations().account("team"), 1000, 0, 0, 0);
        assertThat(stateOf(hold)).isEqualTo(Reservation.State.COMMITTED);
    }

    @Test
    default void commit_aboveTheHoldWithinTheLimit_takesWhatIsAvailable() {
        HoldOperation hold = held(300);

        lab().post(lab().operations().commit("c1", hold, 350));

        assertBalances(lab().operations().account("team"), 1000, 350, 0, 0);
        assertThat(lab().state(lab().operations().account("team")).available()).isEqualTo(650);
    }

    @Test
    default void commit_aboveTheHoldBeyondTheLimit_takesWhatIsAvailableAndOwesTheRest() {
        HoldOperation hold = held(900);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("other").claim(team, 60));
        SettleOperation commit = lab().operations().commit("c1", hold, 1000);

        String answer = lab().answer(commit);

        assertThat(answer).isEqualTo("committed [1000]");
        assertThat(commit.seen().accounts()).containsExactly(new AccountState(team, 1000, 0, 960, 0));
        assertBalances(team, 1000, 1000, 60, 60);
        assertThat(lab().state(team).available()).isZero();
    }

    @Test
    default void hold_onAnAccountInDebt_isRefused() {
        HoldOperation hold = held(1000);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().commit("c1", hold, 1001));

        assertThat(lab().answer(lab().operations().hold("h2").claim(team, 1))).isEqualTo("refused: short of team");

        assertBalances(team, 1000, 1001, 0, 1);
    }

    @Test
    default void commit_belowTheHoldOnAnAccountInDebt_paysTheDebtFirst() {
        HoldOperation hold = held(900);
        Account team = lab().operations().account("team");
        HoldOperation first = lab().operations().hold("first").claim(team, 60);
        HoldOperation second = lab().operations().hold("second").claim(team, 40);
        lab().post(first);
        lab().post(second);
        lab().post(lab().operations().commit("c1", hold, 970));

        lab().post(lab().operations().commit("c2", first, 10));

        assertBalances(team, 1000, 980, 40, 20);
        lab().post(lab().operations().release("r1", second));
        assertBalances(team, 1000, 980, 0, 0);
        assertThat(lab().answer(lab().operations().hold("h2").claim(team, 21))).isEqualTo("refused: short of team");
    }

    @Test
    default void commit_ofSeveralClaims_settlesEachAtItsCost() {
        lab().activate("team", 1000);
        lab().activate("org", 5000);
        Account team = lab().operations().account("team");
        Account org = lab().operations().account("org");
        HoldOperation hold = lab().operations().hold("hold").claim(team, 300).claim(org, 700);
        lab().post(hold);

        lab().post(lab().operations().commit("c1", hold, 250, 800));

        assertBalances(team, 1000, 250, 0, 0);
        assertBalances(org, 5000, 800, 0, 0);
    }

    @Test
    default void release_ofAHold_returnsAllOfIt() {
        HoldOperation hold = held(300);

        String answer = lab().answer(lab().operations().release("r1", hold));

        assertThat(answer).isEqualTo("released");
        assertBalances(lab().operations().account("team"), 1000, 0, 0, 0);
        assertThat(stateOf(hold)).isEqualTo(Reservation.State.RELEASED);
    }

    @Test
    default void commit_ofAHold_marksTheReservationAndChangesNothingElseOfIt() {
        HoldOperation hold = held(300);
        Reservation before = reservation(hold);

        lab().post(lab().operations().commit("c1", hold, 250));

        Reservation after = reservation(hold);
        assertThat(after.state()).isEqualTo(Reservation.State.COMMITTED);
        assertThat(after.claims()).isEqualTo(before.claims());
        assertThat(after.expiresAt()).isEqualTo(before.expiresAt());
        assertThat(after.terms()).isEqualTo(before.terms());
    }

    @Test
    default void commit_needingRows_seesTheReservationWithItsAccounts() {
        HoldOperation hold = held(300);
        SettleOperation commit = lab().operations().commit("c1", hold, 250).unassumed();

        lab().post(commit);

        Account team = lab().operations().account("team");
        assertThat(commit.seen().reservation()).hasValueSatisfying(seen -> {
            assertThat(seen.state()).isEqualTo(Reservation.State.HELD);
            assertThat(seen.claims()).isEqualTo(hold.claims());
        });
        assertThat(commit.seen().accounts()).containsExactly(new AccountState(team, 1000, 0, 300, 0));
    }

    @Test
    default void commit_twiceTheSameWay_replaysTheFirstAnswer() {
        HoldOperation hold = held(300);
        lab().post(lab().operations().commit("c1", hold, 250));

        PostResult again = lab().post(lab().operations().commit("c1", hold, 250));

        assertThat(again).isInstanceOf(PostResult.Replayed.class);
        assertThat(LedgerLab.text(again)).isEqualTo("committed [250]");
        assertBalances(lab().operations().account("team"), 1000, 250, 0, 0);
    }

    @Test
    default void release_afterCommit_isLeftToThePlannerWhoRefuses() {
        HoldOperation hold = held(300);
        lab().post(lab().operations().commit("c1", hold, 250));
        int events = lab().events(null).size();
        SettleOperation release = lab().operations().release("r1", hold);

        assertThatThrownBy(() -> lab().post(release))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Reservation " + hold.reservationId() + " is COMMITTED: only a held one is settled.");

        assertThat(release.plans()).isPositive();
        assertBalances(lab().operations().account("team"), 1000, 250, 0, 0);
        assertThat(stateOf(hold)).isEqualTo(Reservation.State.COMMITTED);
        assertThat(lab().events(null)).hasSize(events);
    }

    @Test
    default void commit_afterRelease_isLeftToThePlannerWhoRefuses() {
        HoldOperation hold = held(300);
        lab().post(lab().operations().release("r1", hold));

        assertThatThrownBy(() -> lab().post(lab().operations().commit("c1", hold, 250)))
                .hasMessage("Reservation " + hold.reservationId() + " is RELEASED: only a held one is settled.");

        assertBalances(lab().operations().account("team"), 1000, 0, 0, 0);
    }

    @Test
    default void commit_ofAnUnknownReservation_isLeftToThePlannerWhoSeesNone() {
        lab().activate("team", 1000);
        HoldOperation neverTaken =
                lab().operations().hold("never").claim(lab().operations().account("team"), 300);
        SettleOperation commit = lab().operations().commit("c1", neverTaken, 250);

        assertThatThrownBy(() -> lab().post(commit))
                .hasMessage("Reservation " + neverTaken.reservationId() + " is unknown: only a held one is settled.");

        assertThat(commit.seen().reservation()).isEmpty();
        assertThat(lab().ledger().answer(LedgerLab.TENANT, commit.kind(), "c1")).isEmpty();
    }

    @Test
    default void commit_inAStoppedRun_isStillRecorded() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        HoldOperation hold = lab().operations().hold("hold").claim(team, 300).inRun("r1");
        lab().post(hold);
        lab().post(lab().operations().stop("s1", "r1", "LIMIT"));

        String answer = lab().answer(lab().operations().commit("c1", hold, 250).inRun("r1"));

        assertThat(answer).isEqualTo("committed [250]");
        assertBalances(team, 1000, 250, 0, 0);
    }

    private Reservation reservation(HoldOperation hold) {
        return lab().ledger().reservation(hold.tenant(), hold.reservationId()).orElseThrow();
    }

    private Reservation.State stateOf(HoldOperation hold) {
        return reservation(hold).state();
    }
}
