package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import org.junit.jupiter.api.Test;

/** What operators give to accounts, beside what contracts set. */
interface GrantLaws extends LedgerLaws {
    private Account team() {
        return lab().operations().account("team");
    }

    private void assertTeam(long limit, long spent, long held, long debt, long granted) {
        assertThat(lab().state(team())).isEqualTo(new AccountState(team(), limit, spent, held, debt, granted));
    }

    @Test
    default void grant_toAnAccount_canBeHeld() {
        lab().activate("team", 100);
        lab().post(lab().operations().hold("h1").claim(team(), 100));

        lab().post(lab().operations().grant("g").to(team(), 50));

        assertTeam(150, 0, 100, 0, 50);
        assertThat(lab().answer(lab().operations().hold("h2").claim(team(), 51)))
                .isEqualTo("refused: short of team");
        assertThat(lab().answer(lab().operations().hold("h3").claim(team(), 50)))
                .isEqualTo("held");
    }

    @Test
    default void activation_afterAGrant_changesTheContractsPartOnly() {
        lab().activate("team", 100);
        lab().post(lab().operations().grant("g").to(team(), 50));

        lab().activate("team", 100);
        assertTeam(150, 0, 0, 0, 50);
        lab().activate("team", 70);

        assertTeam(120, 0, 0, 0, 50);
    }

    @Test
    default void activation_belowWhatWasTransferredAway_leavesDebtThatRaisingItPays() {
        lab().activate("team", 100);
        lab().post(lab().operations().grant("g").to(team(), -80));

        lab().activate("team", 50);
        assertTeam(-30, 0, 0, 30, -80);
        lab().activate("team", 100);

        assertTeam(20, 0, 0, 0, -80);
    }

    @Test
    default void grant_toAnAccountInDebt_paysItFirst() {
        lab().activate("team", 100);
        HoldOperation hold = lab().operations().hold("h").claim(team(), 100);
        lab().post(hold);
        lab().post(lab().operations().commit("c", hold, 130));

        lab().post(lab().operations().grant("g").to(team(), 50));

        assertTeam(150, 130, 0, 0, 50);
        assertThat(lab().state(team()).available()).isEqualTo(20);
    }

    @Test
    default void transfer_ofMoreThanIsAvailable_writesNothing() {
        lab().activate("team", 100);
        lab().activate("org", 100);
        lab().post(lab().operations().hold("h").claim(team(), 60));
        int events = lab().events(null).size();

        assertThatThrownBy(() -> lab().post(lab().operations()
                        .grant("t")
                        .to(team(), -41)
                        .to(lab().operations().account("org"), 41)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is overdrawn");

        assertTeam(100, 0, 60, 0, 0);
        assertThat(lab().events(null)).hasSize(events);
    }
}
