package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.Period;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Activating contracts: limits reach accounts that are open and accounts yet to come. */
interface LimitLaws extends LedgerLaws {
    /** Budget team with a limit of 1000, of which 200 are spent and 300 held. */
    private Account teamInUse() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        HoldOperation spent = lab().operations().hold("spent").claim(team, 200);
        lab().post(spent);
        lab().post(lab().operations().commit("c1", spent, 200));
        lab().post(lab().operations().hold("held").claim(team, 300));
        return team;
    }

    @Test
    default void activate_higherLimit_reachesTheOpenAccount() {
        Account team = teamInUse();

        lab().activate("team", 1500);

        assertBalances(team, 1500, 200, 300, 0);
        assertThat(lab().state(team).available()).isEqualTo(1000);
    }

    @Test
    default void activate_lowerLimitThatStillSuffices_takesFromWhatIsAvailable() {
        Account team = teamInUse();

        lab().activate("team", 600);

        assertBalances(team, 600, 200, 300, 0);
        assertThat(lab().state(team).available()).isEqualTo(100);
    }

    @Test
    default void activate_lowerRevision_leavesTheLimitAndTheAccountsAlone() {
        Account team = teamInUse();
        lab().post(lab().operations().activate("new").limitOf("team", "1500 calls", 7));

        lab().post(lab().operations()
                .activate("old")
                .limitOf("team", "800 calls", 6)
                .limit("other", "50 calls"));
        lab().post(lab().operations().activate("without").limit("team", "900 calls"));

        assertBalances(team, 1500, 200, 300, 0);
        Account other = lab().operations().account("other");
        lab().post(lab().operations().hold("h1").claim(other, 50));
        assertBalances(other, 50, 0, 50, 0);
    }

    @Test
    default void activate_lowerRevision_givesNewAccountsTheLimitInForce() {
        lab().post(lab().operations().activate("new").limitOf("team", "1500 calls", 7));
        lab().post(lab().operations().activate("old").limitOf("team", "800 calls", 6));

        lab().reopen();
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 1_200));

        assertBalances(team, 1500, 0, 1_200, 0);
    }

    @Test
    default void activate_sameOrHigherRevision_setsTheLimit() {
        Account team = teamInUse();
        lab().post(lab().operations().activate("a").limitOf("team", "1500 calls", 7));

        lab().post(lab().operations().activate("b").limitOf("team", "900 calls", 7));
        assertBalances(team, 900, 200, 300, 0);
        lab().post(lab().operations().activate("c").limitOf("team", "400 calls", 8));
        assertBalances(team, 400, 200, 300, 100);
    }

    @Test
    default void activate_limitBelowSpentAndHeld_leavesNothingAvailableAndTheRestAsDebt() {
        Account team = teamInUse();

        lab().activate("team", 400);

        assertBalances(team, 400, 200, 300, 100);
        assertThat(lab().state(team).available()).isZero();
        assertThat(lab().answer(lab().operations().hold("h1").claim(team, 1))).isEqualTo("refused: short of team");
    }

    @Test
    default void activate_higherLimitOnAnAccountInDebt_paysTheDebtFirst() {
        Account team = teamInUse();
        lab().activate("team", 400);

        lab().activate("team", 450);
        assertBalances(team, 450, 200, 300, 50);

        lab().activate("team", 510);
        assertBalances(team, 510, 200, 300, 0);
        assertThat(lab().state(team).available()).isEqualTo(10);
    }

    @Test
    default void activate_anyLimit_putsTheOpenAccountInView() {
        Account team = teamInUse();
        ActivateOperation activate = lab().operations().activate("a2").limit("team", "1500 calls");

        lab().post(activate);

        assertThat(activate.seen().accounts()).containsExactly(new AccountState(team, 1000, 200, 300, 0));
    }

    @Test
    default void activate_anyLimit_reachesEveryKeyOfTheBudget() {
        lab().activate("team", 1000);
        Account ann = lab().operations().account("team", "ann", Period.ALWAYS);
        Account bob = lab().operations().account("team", "bob", Period.ALWAYS);
        lab().post(lab().operations().hold("h1").claim(ann, 1));
        lab().post(lab().operations().hold("h2").claim(bob, 2));

        lab().activate("team", 1500);

        assertBalances(ann, 1500, 0, 1, 0);
        assertBalances(bob, 1500, 0, 2, 0);
    }

    /** More accounts than an activation reaches at once, each with 10 of 100 held. */
    private List<Account> many(int accounts) {
        lab().activate("team", 100);
        List<Account> keys = new ArrayList<>();
        List<CompletableFuture<PostResult>> opening = new ArrayList<>();
        for (int i = 0; i < accounts; i++) {
            Account account = lab().operations().account("team", "key-" + i, Period.ALWAYS);
            keys.add(account);
            opening.add(lab().submit(lab().operations().hold("open-" + i).claim(account, 10)));
        }
        opening.forEach(LedgerLab::await);
        return keys;
    }

    @Test
    default void activate_lowerLimitOfManyAccounts_isWhatEachIsJudgedByFromThenOn() {
        List<Account> keys = many(600);

        lab().activate("team", 50);

        for (int i = 0; i < keys.size(); i += 7) {
            Account account = keys.get(i);
            assertThat(lab().answer(lab().operations().hold("more-" + i).claim(account, 41)))
                    .isEqualTo("refused: short of team");
            assertThat(lab().answer(lab().operations().hold("fits-" + i).claim(account, 40)))
                    .isEqualTo("held");
            assertBalances(account, 50, 0, 50, 0);
        }
    }

    @Test
    default void activate_higherLimitOfManyAccounts_isThereForEachAtOnce() {
        List<Account> keys = many(600);

        lab().activate("team", 200);

        for (int i = 0; i < keys.size(); i += 7) {
            assertThat(lab().answer(lab().operations().hold("more-" + i).claim(keys.get(i), 190)))
                    .isEqualTo("held");
            assertBalances(keys.get(i), 200, 0, 200, 0);
        }
    }

    @Test
    default void activate_lowerLimitOfManyAccounts_settlesAndReleasesByIt() {
        lab().activate("team", 100);
        List<Account> keys = many(600);
        Account committed = keys.get(599);
        Account released = keys.get(598);
        HoldOperation spent = lab().operations().hold("spent").claim(committed, 80);
        HoldOperation freed = lab().operations().hold("freed").claim(released, 80);
        lab().post(spent);
        lab().post(freed);

        lab().activate("team", 40);
        lab().post(lab().operations().commit("c", spent, 85));
        lab().post(lab().operations().release("r", freed));

        assertBalances(committed, 40, 85, 10, 55);
        assertBalances(released, 40, 0, 10, 0);
    }

    @Test
    default void activate_againBeforeAllAreCarried_leavesTheLastLimitEverywhere() {
        List<Account> keys = many(600);

        lab().activate("team", 300);
        lab().post(lab().operations().hold("on the way").claim(keys.get(300), 250));
        lab().activate("team", 100);
        carryAll();

        assertThat(keys)
                .allSatisfy(account -> assertThat(lab().state(account).limit()).isEqualTo(100));
        assertBalances(keys.get(300), 100, 0, 260, 160);
    }

    @Test
    default void carry_manyAccounts_reachesEachAndLeavesNoneBehind() {
        List<Account> keys = many(600);
        lab().activate("team", 30);

        carryAll();

        assertThat(lab().ledger().behind(10)).isEmpty();
        assertThat(keys).allSatisfy(account -> assertBalances(account, 30, 0, 10, 0));
        assertThat(lab().answer(lab().operations().carry("again", keys.subList(0, 9))))
                .isEqualTo("carried 0");
    }

    private void carryAll() {
        for (List<Account> behind = lab().ledger().behind(100);
                !behind.isEmpty();
                behind = lab().ledger().behind(100)) {
            lab().post(lab().operations().carry("carry-" + lab().ids().next(), behind));
        }
    }

    @Test
    default void activate_newLimit_opensNewAccountsWithIt() {
        lab().activate("team", 1000);
        lab().activate("team", 1500);
        Account team = lab().operations().account("team");

        lab().post(lab().operations().hold("h1").claim(team, 1));

        assertBalances(team, 1500, 0, 1, 0);
    }

    @Test
    default void activate_otherUnit_leavesAccountsInTheirUnitAlone_andOpensNoneWithTheirs() {
        Account team = teamInUse();
        ActivateOperation activate = lab().operations().activate("a2").limit("team", "5.00 USD");

        lab().post(activate);

        assertThat(activate.seen().accounts()).isEmpty();
        assertBalances(team, 1000, 200, 300, 0);
        Account ann = lab().operations().account("team", "ann", Period.ALWAYS);
        assertThatThrownBy(() -> lab().post(lab().operations().hold("h1").claim(ann, 1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "Budget 'team' of tenant '" + LedgerLab.TENANT + "' is kept in USD by the contract activated"
                                + " last, not in calls: units never convert. Give the budget another id, or close the guard of the"
                                + " other contract.");
    }

    @Test
    default void accounts_ofABudgetAndAKey_areThoseAlone() {
        lab().post(lab().operations().activate("a").limit("team", "9 calls").limit("org", "9 calls"));
        Account ann = lab().operations().account("team", "ann", Period.ALWAYS);
        Account bob = lab().operations().account("team", "bob", Period.ALWAYS);
        lab().post(lab().operations()
                .hold("h1")
                .claim(ann, 1)
                .claim(bob, 1)
                .claim(lab().operations().account("org"), 1));

        assertThat(lab().ledger().accounts(LedgerLab.TENANT, Namespace.ENFORCE, "team", null))
                .extracting(AccountState::account)
                .containsExactly(ann, bob);
        assertThat(lab().ledger().accounts(LedgerLab.TENANT, Namespace.ENFORCE, "team", "bob"))
                .extracting(AccountState::account)
                .containsExactly(bob);
        assertThat(lab().ledger().accounts(LedgerLab.TENANT, Namespace.SHADOW, "team", null))
                .isEmpty();
    }

    @Test
    default void activate_severalBudgetsAtOnce_setsEach() {
        Account team = teamInUse();
        Account org = lab().operations().account("org");

        lab().post(lab().operations().activate("a2").limit("team", "1500 calls").limit("org", "9000 calls"));
        lab().post(lab().operations().hold("h1").claim(org, 5));

        assertBalances(team, 1500, 200, 300, 0);
        assertBalances(org, 9000, 0, 5, 0);
    }

    @Test
    default void activate_otherBudget_leavesThisOneAlone() {
        Account team = teamInUse();

        ActivateOperation other = lab().operations().activate("a2").limit("org", "5 calls");
        lab().post(other);

        assertThat(other.seen().accounts()).isEmpty();
        assertBalances(team, 1000, 200, 300, 0);
    }

    @Test
    default void activate_newLimit_leavesAccountsOfPastWindowsAlone() {
        lab().activate("daily", 1000);
        Instant now = lab().clock().instant();
        Period past = new Period(now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)));
        Account account = lab().operations().account("daily", "", past);
        lab().post(lab().operations().hold("h1").claim(account, 10));

        lab().activate("daily", 1500);

        assertBalances(account, 1000, 0, 10, 0);
    }

    @Test
    default void activate_beforeReopening_isRememberedForNewAccounts() {
        lab().activate("team", 1000);

        lab().reopen();
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 1));

        assertBalances(team, 1000, 0, 1, 0);
    }

    @Test
    default void activate_planThrows_leavesTheOldLimit() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");

        assertThatThrownBy(() -> lab().post(lab().operations()
                        .activate("a2")
                        .limit("team", "5 calls")
                        .failing(new IllegalArgumentException("not this contract"))))
                .hasMessage("not this contract");

        lab().post(lab().operations().hold("h1").claim(team, 1));
        assertBalances(team, 1000, 0, 1, 0);
    }

    @Test
    default void activate_replayed_doesNotSetTheLimitAgain() {
        Account team = teamInUse();
        lab().post(lab().operations().activate("a2").limit("team", "1500 calls"));
        lab().post(lab().operations().activate("a3").limit("team", "1200 calls"));

        PostResult again = lab().post(lab().operations().activate("a2").limit("team", "1500 calls"));

        assertThat(again).isInstanceOf(PostResult.Replayed.class);
        assertBalances(team, 1200, 200, 300, 0);
    }
}
