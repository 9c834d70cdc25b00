package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Backlog;
import io.spendguard.model.Period;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What earlier accounts of a budget and key left behind is seen by who asks for it, and by nobody else. */
interface BacklogLaws extends LedgerLaws {
    Instant EIGHT = Instant.parse("2026-11-23T08:00:00Z");
    Instant NINE = EIGHT.plus(Duration.ofHours(1));
    Instant TEN = EIGHT.plus(Duration.ofHours(2));

    private Account team(String key, Instant from) {
        return lab().operations().account("team", key, new Period(from, from.plus(Duration.ofHours(1))));
    }

    /** An account with so much spent. */
    private Account spent(Account account, long calls) {
        HoldOperation hold = lab().operations().hold("h-" + lab().ids().next()).claim(account, calls);
        lab().post(hold);
        lab().post(lab().operations().commit("c-" + lab().ids().next(), hold, calls));
        return account;
    }

    @Test
    default void hold_askingForWhatWasSpent_seesTheEndedAccountsOfItsBudgetAndKey() {
        lab().activate("team", 100);
        lab().activate("other", 100);
        Account eight = spent(team("ann", EIGHT), 3);
        Account nine = spent(team("ann", NINE), 4);
        spent(team("bob", EIGHT), 5);
        spent(lab().operations().account("other", "ann", new Period(EIGHT, NINE)), 6);
        Account ten = spent(team("ann", TEN), 7);
        Account now = team("ann", TEN.plus(Duration.ofHours(1)));
        HoldOperation hold = lab().operations()
                .hold("h")
                .claim(now, 1)
                .seeing(new Backlog(now, Backlog.Side.SPENT, TEN))
                .unassumed();

        lab().post(hold);

        assertThat(hold.seen().accounts())
                .containsExactlyInAnyOrder(
                        new AccountState(eight, 100, 3, 0, 0),
                        new AccountState(nine, 100, 4, 0, 0),
                        new AccountState(now, 100, 0, 0, 0));
        assertThat(lab().state(ten).spent()).isEqualTo(7);
    }

    @Test
    default void hold_askingForDebt_seesOnlyAccountsThatOwe() {
        lab().activate("team", 100);
        Account eight = team("ann", EIGHT);
        HoldOperation overrun = lab().operations().hold("overrun").claim(eight, 60);
        lab().post(overrun);
        lab().post(lab().operations().commit("above", overrun, 110));
        Account nine = spent(team("ann", NINE), 10);
        Account ten = team("ann", TEN);
        HoldOperation hold = lab().operations()
                .hold("h")
                .claim(ten, 1)
                .seeing(new Backlog(ten, Backlog.Side.DEBT, TEN))
                .unassumed();

        lab().post(hold);

        assertThat(hold.seen().accounts())
                .containsExactlyInAnyOrder(
                        new AccountState(eight, 100, 110, 0, 10), new AccountState(ten, 100, 0, 0, 0));
        assertThat(lab().state(nine).debt()).isZero();
    }

    @Test
    default void hold_thatOpensAnAccount_isPlannedWhateverItAssumed_andAgainNotOnceItIsOpen() {
        lab().activate("team", 100);
        spent(team("ann", EIGHT), 3);
        Account nine = team("ann", NINE);
        HoldOperation first =
                lab().operations().hold("first").claim(nine, 1).seeing(new Backlog(nine, Backlog.Side.SPENT, NINE));
        HoldOperation second =
                lab().operations().hold("second").claim(nine, 1).seeing(new Backlog(nine, Backlog.Side.SPENT, NINE));

        lab().post(first);
        lab().post(second);

        assertThat(first.plans()).isEqualTo(1);
        assertThat(second.plans()).isZero();
    }

    @Test
    default void hold_askingForNothing_isNotPlannedForWhatEarlierAccountsLeft() {
        lab().activate("team", 100);
        spent(team("ann", EIGHT), 3);
        HoldOperation hold = lab().operations().hold("h").claim(team("ann", NINE), 1);

        lab().post(hold);

        assertThat(hold.plans()).isZero();
    }
}
