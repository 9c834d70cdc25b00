package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.IdempotencyConflictException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Committing holds in parts while their sessions go on. */
interface PartLaws extends LedgerLaws {
    private Account team() {
        return lab().operations().account("team");
    }

    /** A hold of 300 on budget team, which has a limit of 1000. */
    private HoldOperation held() {
        lab().activate("team", 1000);
        HoldOperation hold = lab().operations().hold("hold").claim(team(), 300);
        lab().post(hold);
        return hold;
    }

    private List<Claim> claims(HoldOperation hold) {
        return lab().ledger()
                .reservation(hold.tenant(), hold.reservationId())
                .map(Reservation::claims)
                .orElseThrow();
    }

    @Test
    default void part_withinTheHold_isSpentAndTheRestStaysHeld() {
        HoldOperation hold = held();

        lab().post(lab().operations().part("p0", hold).of(team(), 100));
        lab().post(lab().operations().part("p1", hold).of(team(), 50));

        assertBalances(team(), 1000, 150, 150, 0);
        assertThat(claims(hold)).containsExactly(new Claim(team(), 150, 150));
    }

    @Test
    default void part_beyondTheHold_takesWhatIsAvailable_andTheNextToo() {
        HoldOperation hold = held();

        lab().post(lab().operations().part("p0", hold).of(team(), 450));
        lab().post(lab().operations().part("p1", hold).of(team(), 550));

        assertBalances(team(), 1000, 1000, 0, 0);
        assertThat(claims(hold)).containsExactly(new Claim(team(), 0, 1000));
    }

    @Test
    default void part_beyondTheLimit_isRefusedForGood() {
        HoldOperation hold = held();
        lab().activate("team", 1000);

        String refused = lab().answer(lab().operations().part("p0", hold).of(team(), 1001));
        lab().activate("team", 2000);
        String again = lab().answer(lab().operations().part("p0", hold).of(team(), 1001));

        assertThat(refused).isEqualTo("refused: short of team");
        assertThat(again).as("after the limit was raised").isEqualTo(refused);
        assertBalances(team(), 2000, 0, 300, 0);
        assertThat(claims(hold)).containsExactly(new Claim(team(), 300, 0));
    }

    @Test
    default void part_again_isChargedOnce_andAnotherUnderItsKeyConflicts() {
        HoldOperation hold = held();
        lab().post(lab().operations().part("p0", hold).of(team(), 100));
        lab().post(lab().operations().release("r", hold));

        String again = lab().answer(lab().operations().part("p0", hold).of(team(), 100));

        assertThat(again).isEqualTo("committed");
        assertThatThrownBy(() -> lab().post(lab().operations().part("p0", hold).of(team(), 101)))
                .isInstanceOf(IdempotencyConflictException.class);
        assertThatThrownBy(() -> lab().post(lab().operations().part("p1", hold).of(team(), 1)))
                .hasMessage("Reservation " + hold.reservationId()
                        + " is RELEASED: only an open hold is committed in part.");
        assertBalances(team(), 1000, 100, 0, 0);
    }

    @Test
    default void settlement_ofAHoldCommittedInPart_isPlannedOnTheRest() {
        HoldOperation hold = held();
        lab().post(lab().operations().part("p0", hold).of(team(), 100));
        SettleOperation commit = lab().operations().commit("c", hold, 250);

        lab().post(commit);

        assertThat(commit.plans()).as("the one who settles knew nothing of it").isPositive();
        assertBalances(team(), 1000, 350, 0, 0);
    }
}
