package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.Period;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Taking holds: balances, shortage, several budgets, time. */
interface HoldLaws extends LedgerLaws {
    @Test
    default void hold_firstUseOfBudget_opensTheAccountWithTheActivatedLimit() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");

        String answer = lab().answer(lab().operations().hold("h1").claim(team, 300));

        assertThat(answer).isEqualTo("held");
        assertBalances(team, 1000, 0, 300, 0);
        assertThat(lab().state(team).available()).isEqualTo(700);
        assertThat(lab().eventTypes())
                .containsExactly(TestSealer.OPENED, TestEvents.OPERATION, TestEvents.OPENING, TestEvents.OPERATION);
    }

    @Test
    default void hold_secondUseOfBudget_opensNothing() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 300));

        lab().post(lab().operations().hold("h2").claim(team, 200));

        assertBalances(team, 1000, 0, 500, 0);
        assertThat(lab().eventTypes()).containsOnlyOnce(TestEvents.OPENING);
    }

    @Test
    default void hold_limitOfZero_opensTheAccountOnceAndRefuses() {
        lab().activate("team", 0);
        Account team = lab().operations().account("team");

        assertThat(lab().answer(lab().operations().hold("h1").claim(team, 1))).isEqualTo("refused: short of team");
        assertThat(lab().answer(lab().operations().hold("h2").claim(team, 1))).isEqualTo("refused: short of team");

        assertBalances(team, 0, 0, 0, 0);
        assertThat(lab().eventTypes()).containsOnlyOnce(TestEvents.OPENING);
    }

    @Test
    default void hold_budgetNeverActivated_failsAndWritesNothing() {
        Account team = lab().operations().account("team");

        assertThatThrownBy(() -> lab().post(lab().operations().hold("h1").claim(team, 1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("team");

        assertThat(lab().isOpen(team)).isFalse();
        assertThat(lab().eventTypes()).isEmpty();
    }

    @Test
    default void hold_allThatIsAvailable_leavesNothing() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");

        assertThat(lab().answer(lab().operations().hold("h1").claim(team, 1000)))
                .isEqualTo("held");

        assertThat(lab().state(team).available()).isZero();
    }

    @Test
    default void hold_oneMoreThanAvailable_asksThePlanOnLockedRowsAndHoldsNothing() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 400));
        HoldOperation tooMuch = lab().operations().hold("h2").claim(team, 601);

        String answer = lab().answer(tooMuch);

        assertThat(answer).isEqualTo("refused: short of team");
        assertThat(tooMuch.seen().accounts()).containsExactly(new AccountState(team, 1000, 0, 400, 0));
        assertBalances(team, 1000, 0, 400, 0);
        assertThat(lab().ledger().reservation(LedgerLab.TENANT, tooMuch.reservationId()))
                .isEmpty();
    }

    @Test
    default void hold_onEmptyBudget_everyRefusalIsOneEvent() {
        lab().activate("team", 5);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 5));

        for (int i = 0; i < 10; i++) {
            lab().post(lab().operations().hold("refused-" + i).claim(team, 1));
        }

        assertThat(lab().eventTypes()).filteredOn(TestEvents.OPERATION::equals).hasSize(12);
        assertBalances(team, 5, 0, 5, 0);
    }

    @Test
    default void hold_ofNothing_needsNothingAvailable() {
        lab().activate("team", 0);
        Account team = lab().operations().account("team");
        HoldOperation free = lab().operations().hold("h1").claim(team, 0);

        assertThat(lab().answer(free)).isEqualTo("held");

        assertThat(lab().ledger().reservation(LedgerLab.TENANT, free.reservationId()))
                .hasValueSatisfying(held -> assertThat(held.claims()).containsExactly(new Claim(team, 0)));
    }

    @Test
    default void hold_ofNoAccount_isRecorded() {
        HoldOperation unbudgeted = lab().operations().hold("h1");

        assertThat(lab().answer(unbudgeted)).isEqualTo("held");

        assertThat(lab().ledger().reservation(LedgerLab.TENANT, unbudgeted.reservationId()))
                .hasValueSatisfying(held -> assertThat(held.claims()).isEmpty());
    }

    @Test
    default void hold_withoutAssumption_isPlannedOnTheRowsItNamed() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        HoldOperation careful =
                lab().operations().hold("h1").claim(team, 300).inRun("r1").unassumed();

        PostResult result = lab().post(careful);

        assertThat(result).isInstanceOf(PostResult.Written.class);
        assertThat(careful.plans()).isPositive();
        assertThat(careful.seen().accounts()).containsExactly(new AccountState(team, 1000, 0, 0, 0));
        assertThat(careful.seen().run())
                .hasValueSatisfying(run -> assertThat(run.steps()).isZero());
        assertThat(careful.seen().reservation()).isEmpty();
    }

    @Test
    default void hold_onSeveralBudgets_takesAll() {
        lab().activate("team", 1000);
        lab().activate("org", 5000);
        Account team = lab().operations().account("team");
        Account org = lab().operations().account("org");

        lab().post(lab().operations().hold("h1").claim(team, 300).claim(org, 700));

        assertBalances(team, 1000, 0, 300, 0);
        assertBalances(org, 5000, 0, 700, 0);
    }

    @Test
    default void hold_oneOfSeveralBudgetsShort_takesNone() {
        lab().activate("team", 1000);
        lab().activate("org", 500);
        Account team = lab().operations().account("team");
        Account org = lab().operations().account("org");

        String answer =
                lab().answer(lab().operations().hold("h1").claim(team, 300).claim(org, 501));

        assertThat(answer).isEqualTo("refused: short of org");
        assertBalances(team, 1000, 0, 0, 0);
        assertBalances(org, 500, 0, 0, 0);
    }

    @Test
    default void hold_largestAmount_isExact() {
        lab().activate("team", Long.MAX_VALUE);
        Account team = lab().operations().account("team");

        lab().post(lab().operations().hold("h1").claim(team, Long.MAX_VALUE - 1));

        assertBalances(team, Long.MAX_VALUE, 0, Long.MAX_VALUE - 1, 0);
        assertThat(lab().state(team).available()).isEqualTo(1);
        assertThat(lab().answer(lab().operations().hold("h2").claim(team, 2))).isEqualTo("refused: short of team");
    }

    @Test
    default void hold_taken_isReadBackAsItWasPosted() {
        lab().activate("a", 1000);
        lab().activate("b", 1000);
        lab().activate("c", 1000);
        Account a = lab().operations().account("a");
        Account b = lab().operations().account("b");
        Account c = lab().operations().account("c");
        HoldOperation hold = lab().operations()
                .hold("h1")
                .claim(c, 3)
                .claim(a, 1)
                .claim(b, 2)
                .inRun("r1")
                .terms("what settling needs");

        lab().post(hold);

        Reservation held = lab().ledger()
                .reservation(LedgerLab.TENANT, hold.reservationId())
                .orElseThrow();
        assertThat(held.id()).isEqualTo(hold.reservationId());
        assertThat(held.tenant()).isEqualTo(LedgerLab.TENANT);
        assertThat(held.namespace()).isEqualTo(Namespace.ENFORCE);
        assertThat(held.run()).isEqualTo("r1");
        assertThat(held.state()).isEqualTo(Reservation.State.HELD);
        assertThat(held.expiresAt()).isEqualTo(hold.expiresAt());
        assertThat(held.terms()).asString().isEqualTo("what settling needs");
        assertThat(held.claims()).containsExactlyInAnyOrder(new Claim(a, 1), new Claim(b, 2), new Claim(c, 3));
        assertThat(held.claims()).extracting(claim -> claim.account().id()).isSorted();
    }

    @Test
    default void hold_accountsOfACalendarWindow_areAskedForAtTheLedgersTime() {
        lab().activate("daily", 1000);
        HoldOperation hold = lab().operations().hold("h1").unassumed();
        Instant now = lab().clock().instant();
        Period today = new Period(now.minus(Duration.ofHours(12)), now.plus(Duration.ofHours(12)));
        Account account = lab().operations().account("daily", "", today);

        lab().post(hold.claim(account, 10));

        assertThat(today.contains(hold.seen().now())).isTrue();
        assertThat(Duration.between(now, hold.seen().now()).abs()).isLessThan(Duration.ofMinutes(1));
        assertBalances(account, 1000, 0, 10, 0);
    }

    @Test
    default void hold_twoWindowsOfOneBudget_areTwoAccounts() {
        lab().activate("daily", 1000);
        Period monday = new Period(Instant.parse("2026-11-02T00:00:00Z"), Instant.parse("2026-11-03T00:00:00Z"));
        Period tuesday = new Period(Instant.parse("2026-11-03T00:00:00Z"), Instant.parse("2026-11-04T00:00:00Z"));
        Account first = lab().operations().account("daily", "", monday);
        Account second = lab().operations().account("daily", "", tuesday);

        lab().post(lab().operations().hold("h1").claim(first, 900));
        lab().post(lab().operations().hold("h2").claim(second, 800));

        assertBalances(first, 1000, 0, 900, 0);
        assertBalances(second, 1000, 0, 800, 0);
    }

    @Test
    default void hold_assumedForATimeThatIsOver_isPlannedAtTheLedgersTime() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        Instant now = lab().clock().instant();
        HoldOperation late = lab().operations()
                .hold("h1")
                .claim(team, 300)
                .assumedFor(new Period(now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1))));

        lab().post(late);

        assertThat(late.plans()).isPositive();
        assertThat(Duration.between(now, late.seen().now()).abs()).isLessThan(Duration.ofMinutes(1));
    }

    @Test
    default void hold_assumedForATimeToCome_isPlannedAtTheLedgersTime() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        Instant now = lab().clock().instant();
        HoldOperation early = lab().operations()
                .hold("h1")
                .claim(team, 300)
                .assumedFor(new Period(now.plus(Duration.ofDays(1)), now.plus(Duration.ofDays(2))));

        lab().post(early);

        assertThat(early.plans()).isPositive();
    }

    @Test
    default void plan_accountsInView_areInOrderOfIdWhateverTheOperationsOrder() {
        Account[] accounts = new Account[6];
        HoldOperation hold = lab().operations().hold("h1").unassumed();
        for (int i = 0; i < accounts.length; i++) {
            lab().activate("b" + i, 1000);
            accounts[i] = lab().operations().account("b" + i);
            hold.claim(accounts[i], 1);
        }

        lab().post(hold);

        assertThat(hold.seen().accounts())
                .extracting(state -> state.account().id())
                .isSorted()
                .containsExactlyInAnyOrder(
                        List.of(accounts).stream().map(Account::id).toArray(AccountId[]::new));
    }

    @Test
    default void plan_accountNotNamed_isNotInView() {
        lab().activate("team", 1000);
        lab().activate("org", 1000);
        Account team = lab().operations().account("team");
        Account org = lab().operations().account("org");
        lab().post(lab().operations().hold("h1").claim(org, 1));
        HoldOperation hold = lab().operations().hold("h2").claim(team, 1).unassumed();

        lab().post(hold);

        assertThat(hold.seen().accounts()).extracting(AccountState::account).containsExactly(team);
    }

    @Test
    default void find_severalAccounts_areInOrderOfIdWithoutUnknownOnes() {
        lab().activate("team", 1000);
        lab().activate("org", 1000);
        Account team = lab().operations().account("team");
        Account org = lab().operations().account("org");
        Account never = lab().operations().account("never");
        lab().post(lab().operations().hold("h1").claim(team, 1).claim(org, 2));

        List<AccountState> found =
                lab().ledger().find(LedgerLab.TENANT, List.of(org.id(), never.id(), team.id(), org.id()));

        assertThat(found).extracting(AccountState::account).containsExactlyInAnyOrder(team, org);
        assertThat(found).extracting(state -> state.account().id()).isSorted();
    }

    @Test
    default void accounts_ofATenant_areInOrderOfBudgetKeyAndWindow() {
        lab().activate("a", 1000);
        lab().activate("b", 1000);
        Period early = new Period(Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2026-02-01T00:00:00Z"));
        Period late = new Period(Instant.parse("2026-02-01T00:00:00Z"), Instant.parse("2026-03-01T00:00:00Z"));
        Account first = lab().operations().account("a", "k1", early);
        Account second = lab().operations().account("a", "k1", late);
        Account third = lab().operations().account("a", "k2", early);
        Account fourth = lab().operations().account("b", "", early);
        lab().post(lab().operations()
                .hold("h1")
                .claim(fourth, 1)
                .claim(second, 1)
                .claim(third, 1)
                .claim(first, 1));

        assertThat(lab().ledger().accounts(LedgerLab.TENANT, Namespace.ENFORCE))
                .extracting(AccountState::account)
                .containsExactly(first, second, third, fourth);
    }
}
