package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tenants and namespaces never meet, and names may be anything. */
interface IsolationLaws extends LedgerLaws {
    @Test
    default void tenants_withOneBudgetName_haveTheirOwnBalances() {
        lab().activate("team", 1000);
        LedgerOperations other = lab().operations("other");
        lab().post(other.activate("a1").limit("team", "70 calls"));

        lab().post(lab().operations().hold("h1").claim(lab().operations().account("team"), 300));
        lab().post(other.hold("h1").claim(other.account("team"), 7));

        assertBalances(lab().operations().account("team"), 1000, 0, 300, 0);
        assertBalances(other.account("team"), 70, 0, 7, 0);
    }

    @Test
    default void tenants_withOneKey_haveTheirOwnAnswers() {
        lab().activate("team", 1000);
        LedgerOperations other = lab().operations("other");
        lab().post(lab().operations().hold("h1").claim(lab().operations().account("team"), 300));

        assertThat(lab().post(other.hold("h1"))).isInstanceOf(PostResult.Written.class);
    }

    @Test
    default void activate_ofOneTenant_leavesTheOthersLimits() {
        lab().activate("team", 1000);
        lab().post(lab().operations().hold("h1").claim(lab().operations().account("team"), 300));

        lab().post(lab().operations("other").activate("a1").limit("team", "1 calls"));

        assertBalances(lab().operations().account("team"), 1000, 0, 300, 0);
    }

    @Test
    default void commit_byAnotherTenant_findsNoReservation() {
        lab().activate("team", 1000);
        HoldOperation hold =
                lab().operations().hold("h1").claim(lab().operations().account("team"), 300);
        lab().post(hold);

        assertThatThrownBy(() ->
                        lab().post(lab().operations().commit("c1", hold, 250).ofTenant("other")))
                .hasMessage("Reservation " + hold.reservationId() + " is unknown: only a held one is settled.");

        assertThat(lab().ledger().reservation("other", hold.reservationId())).isEmpty();
        assertBalances(lab().operations().account("team"), 1000, 0, 300, 0);
    }

    @Test
    default void find_accountOfAnotherTenant_isLeftOut() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        lab().post(lab().operations().hold("h1").claim(team, 300));

        assertThat(lab().ledger().find("other", List.of(team.id()))).isEmpty();
        assertThat(lab().ledger().accounts("other", Namespace.ENFORCE)).isEmpty();
    }

    @Test
    default void shadow_withTheSameBudgetName_hasItsOwnLimitBalancesAndRun() {
        lab().activate("team", 1000);
        lab().post(lab().operations()
                .activate("shadow")
                .limit("team", "50 calls")
                .inShadow());
        Account real = lab().operations().account("team");
        Account shadow = Account.of(LedgerLab.TENANT, Namespace.SHADOW, "team", "", Period.ALWAYS, Unit.CALLS);

        lab().post(lab().operations().hold("h1").claim(real, 300).inRun("r1"));
        HoldOperation watched =
                lab().operations().hold("h2").claim(shadow, 20).inRun("r1").inShadow();
        lab().post(watched);

        assertBalances(real, 1000, 0, 300, 0);
        assertBalances(shadow, 50, 0, 20, 0);
        assertThat(lab().ledger().accounts(LedgerLab.TENANT, Namespace.ENFORCE))
                .extracting(AccountState::account)
                .containsExactly(real);
        assertThat(lab().ledger().accounts(LedgerLab.TENANT, Namespace.SHADOW))
                .extracting(AccountState::account)
                .containsExactly(shadow);
        assertThat(lab().ledger().run(LedgerLab.TENANT, Namespace.SHADOW, "r1").steps())
                .isEqualTo(1);
        assertThat(lab().ledger().reservation(LedgerLab.TENANT, watched.reservationId()))
                .hasValueSatisfying(held -> assertThat(held.namespace()).isEqualTo(Namespace.SHADOW));
    }

    @Test
    default void stop_ofAShadowRun_stopsNothingReal() {
        lab().activate("team", 1000);
        lab().post(lab().operations().stop("s1", "r1", "LIMIT").inShadow());

        assertThat(lab().answer(lab().operations()
                        .hold("h1")
                        .claim(lab().operations().account("team"), 1)
                        .inRun("r1")))
                .isEqualTo("held");
    }

    @Test
    default void names_ofAnyScript_comeBackAsTheyWere() {
        LedgerOperations tokyo = lab().operations("東京'; drop table ledger;--");
        String budget = "Büdget \"ß\" \\ % _";
        Account account = tokyo.account(budget, "ключ 🔑 e\u0301", Period.ALWAYS);
        lab().post(tokyo.activate("活動").limit(budget, "1000 calls"));
        HoldOperation hold = tokyo.hold("clé 🗝").claim(account, 300).inRun("🏃\u200d➡️ {}[]");

        lab().post(hold);
        lab().reopen();

        assertBalances(account, 1000, 0, 300, 0);
        assertThat(lab().ledger().accounts(hold.tenant(), Namespace.ENFORCE))
                .extracting(AccountState::account)
                .containsExactly(account);
        assertThat(lab().ledger()
                        .run(hold.tenant(), Namespace.ENFORCE, "🏃\u200d➡️ {}[]")
                        .steps())
                .isEqualTo(1);
        assertThat(lab().post(tokyo.hold("clé 🗝").claim(account, 300))).isInstanceOf(PostResult.Replayed.class);
        assertThat(lab().events(hold.tenant())).isNotEmpty();
    }

    @Test
    default void names_ofDifferentCaseOrAccent_areDifferent() {
        lab().activate("team", 1000);
        lab().activate("Team", 500);
        lab().post(lab().operations().hold("k").claim(lab().operations().account("team"), 1));
        lab().post(lab().operations().hold("K").claim(lab().operations().account("Team"), 2));

        assertBalances(lab().operations().account("team"), 1000, 0, 1, 0);
        assertBalances(lab().operations().account("Team"), 500, 0, 2, 0);
    }
}
