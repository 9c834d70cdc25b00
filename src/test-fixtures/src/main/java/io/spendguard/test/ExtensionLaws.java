package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Reservation;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

/** Making holds larger and longer while their calls go on. */
interface ExtensionLaws extends LedgerLaws {
    private Account team() {
        return lab().operations().account("team");
    }

    private Account org() {
        return lab().operations().account("org");
    }

    /** A hold of 300 on budget team, which has a limit of 1000, and 500 of budget org, which has one of 600. */
    private HoldOperation held() {
        lab().activate("team", 1000);
        lab().activate("org", 600);
        HoldOperation hold = lab().operations().hold("hold").claim(team(), 300).claim(org(), 500);
        lab().post(hold);
        return hold;
    }

    private Instant inAnHour() {
        return lab().clock().instant().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.MILLIS);
    }

    private Reservation stored(HoldOperation hold) {
        return lab().ledger().reservation(hold.tenant(), hold.reservationId()).orElseThrow();
    }

    private long claimed(HoldOperation hold, Account account) {
        return stored(hold).claims().stream()
                .filter(claim -> claim.account().equals(account))
                .mapToLong(Claim::atomic)
                .sum();
    }

    @Test
    default void extend_withinTheLimits_holdsMoreAndLonger() {
        HoldOperation hold = held();
        Instant until = inAnHour();

        String answer = lab().answer(lab().operations()
                .extend("e", hold, until)
                .more(team(), 200)
                .more(org(), 100));

        assertThat(answer).isEqualTo("extended");
        assertBalances(team(), 1000, 0, 500, 0);
        assertBalances(org(), 600, 0, 600, 0);
        Reservation after = stored(hold);
        assertThat(after.state()).isEqualTo(Reservation.State.EXTENDED);
        assertThat(after.expiresAt()).isEqualTo(until);
        assertThat(after.claims()).hasSize(2);
        assertThat(claimed(hold, team())).isEqualTo(500);
        assertThat(claimed(hold, org())).isEqualTo(600);
    }

    @Test
    default void extend_again_addsToWhatIsHeld() {
        HoldOperation hold = held();
        lab().post(lab().operations().extend("e1", hold, inAnHour()).more(team(), 200));

        lab().post(lab().operations().extend("e2", hold, inAnHour()).more(team(), 50));

        assertThat(claimed(hold, team())).isEqualTo(550);
        assertBalances(team(), 1000, 0, 550, 0);
    }

    @Test
    default void extend_shortOfOneBudget_leavesTheHoldAsItWas() {
        HoldOperation hold = held();
        Reservation before = stored(hold);

        String answer = lab().answer(lab().operations()
                .extend("e", hold, inAnHour())
                .more(team(), 200)
                .more(org(), 101));

        assertThat(answer).isEqualTo("refused: short of org");
        assertBalances(team(), 1000, 0, 300, 0);
        assertBalances(org(), 600, 0, 500, 0);
        assertThat(stored(hold).state()).isEqualTo(Reservation.State.HELD);
        assertThat(stored(hold).expiresAt()).isEqualTo(before.expiresAt());
        assertThat(stored(hold).claims()).isEqualTo(before.claims());
    }

    @Test
    default void extend_settledHold_isLeftToThePlannerWhoRefuses() {
        HoldOperation hold = held();
        lab().post(lab().operations().release("r", hold));

        assertThatThrownBy(() -> lab().post(lab().operations().extend("e", hold, inAnHour())))
                .hasMessage("Reservation " + hold.reservationId() + " is RELEASED: only an open hold is extended.");
    }

    @Test
    default void commit_ofAnExtendedHold_isPlannedOnWhatIsHeldNow() {
        HoldOperation hold = held();
        lab().post(lab().operations().extend("e", hold, inAnHour()).more(team(), 200));
        SettleOperation commit = lab().operations().commit("c", hold, 350, 400);

        lab().post(commit);

        assertThat(commit.plans()).as("the one who settles knew nothing of it").isPositive();
        assertBalances(team(), 1000, 350, 0, 0);
        assertBalances(org(), 600, 400, 0, 0);
        assertThat(stored(hold).state()).isEqualTo(Reservation.State.COMMITTED);
    }

    @Test
    default void expire_extendedHold_endsAllOfItWhenItsNewTimeIsOver() {
        HoldOperation hold = held();
        Instant over = lab().clock().instant().minus(Duration.ofMinutes(5)).truncatedTo(ChronoUnit.MILLIS);
        HoldOperation overdue =
                lab().operations().hold("overdue").claim(team(), 10).expiringAt(over);
        lab().post(overdue);
        lab().post(lab().operations().extend("e1", hold, inAnHour()).more(team(), 1));
        lab().post(lab().operations().extend("e2", overdue, over).more(team(), 20));

        assertThat(lab().ledger()
                        .expired(lab().ids().next(), Duration.ofMinutes(1), 10, null)
                        .holds())
                .extracting(Reservation::id)
                .containsExactly(overdue.reservationId());
        lab().post(lab().operations().expire(overdue));

        assertBalances(team(), 1000, 30, 301, 0);
    }
}
