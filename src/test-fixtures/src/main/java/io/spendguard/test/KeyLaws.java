package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.Period;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Budgets kept per key: each key has an account, up to as many keys as the budget allows. */
interface KeyLaws extends LedgerLaws {
    private void activate(int maxKeys) {
        lab().post(lab().operations().activate("activate-" + lab().ids().next()).limit("team", "1000 calls", maxKeys));
    }

    private Account key(String name) {
        return lab().operations().account("team", name, Period.ALWAYS);
    }

    private String hold(Account account) {
        return lab().answer(lab().operations().hold("h-" + lab().ids().next()).claim(account, 1));
    }

    @Test
    default void hold_keyBeyondTheMost_opensNoAccount() {
        activate(2);

        assertThat(List.of(hold(key("ann")), hold(key("bob")), hold(key("cy")), hold(key("ann"))))
                .containsExactly("held", "held", "refused: no key left of team", "held");

        assertThat(lab().isOpen(key("cy"))).isFalse();
    }

    @Test
    default void hold_onAKeyBeyondTheMostAndAnotherAccount_takesNeither() {
        activate(1);
        lab().activate("org", 1000);
        Account org = lab().operations().account("org");
        hold(key("ann"));

        String answer = lab().answer(
                        lab().operations().hold("both").claim(key("bob"), 1).claim(org, 1));

        assertThat(answer).isEqualTo("refused: no key left of team");
        assertThat(lab().isOpen(org) ? lab().state(org).held() : 0).isZero();
    }

    @Test
    default void hold_refusedOnANewKey_opensNoAccountAndUsesNoKeyUp() {
        activate(1);
        lab().activate("org", 1);
        Account org = lab().operations().account("org");

        String answer = lab().answer(
                        lab().operations().hold("both").claim(key("ann"), 1).claim(org, 5));

        assertThat(answer).startsWith("refused");
        assertThat(lab().isOpen(key("ann"))).isFalse();
        assertThat(hold(key("bob"))).isEqualTo("held");
        assertThat(hold(key("ann"))).isEqualTo("refused: no key left of team");
    }

    @Test
    default void hold_refusedAndNotBesideEachOther_leaveTheKeyToWhoTakesIt() {
        activate(1);
        lab().activate("org", 1);
        Account org = lab().operations().account("org");
        List<CompletableFuture<PostResult>> running = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            HoldOperation hold = lab().operations().hold("beside-" + i).claim(key("k" + i), 1);
            running.add(lab().submit(i < 7 ? hold.claim(org, 5) : hold));
        }

        List<String> answers =
                running.stream().map(LedgerLab::await).map(LedgerLab::text).toList();

        assertThat(answers.get(7)).isEqualTo("held");
        assertThat(answers.subList(0, 7)).allMatch(answer -> answer.startsWith("refused"));
        assertThat(lab().ledger().accounts(LedgerLab.TENANT, Namespace.ENFORCE))
                .extracting(state -> state.account().key())
                .filteredOn(key -> !key.isEmpty())
                .containsExactly("k7");
    }

    @Test
    default void hold_inAnotherWindow_countsKeysAnew() {
        activate(1);
        Period today = new Period(Instant.parse("2026-11-23T00:00:00Z"), Instant.parse("2026-11-24T00:00:00Z"));
        Period tomorrow = new Period(today.until(), Instant.parse("2026-11-25T00:00:00Z"));

        assertThat(hold(lab().operations().account("team", "ann", today))).isEqualTo("held");
        assertThat(hold(lab().operations().account("team", "bob", today))).isEqualTo("refused: no key left of team");
        assertThat(hold(lab().operations().account("team", "bob", tomorrow))).isEqualTo("held");
    }

    @Test
    default void activate_moreKeys_opensTheNext() {
        activate(1);
        hold(key("ann"));

        activate(2);

        assertThat(hold(key("bob"))).isEqualTo("held");
        assertThat(hold(key("cy"))).isEqualTo("refused: no key left of team");
    }

    @Test
    default void hold_manyKeysAtOnce_neverOpensMoreThanTheMost() {
        activate(5);
        List<LedgerSession> writers = List.of(lab().session(), lab().connect(lab().openAnother()));
        List<CompletableFuture<PostResult>> running = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            running.add(lab().submit(
                            writers.get(i % 2),
                            lab().operations().hold("many-" + i).claim(key("k" + i), 1)));
        }

        List<String> answers =
                running.stream().map(LedgerLab::await).map(LedgerLab::text).toList();

        assertThat(answers).filteredOn("held"::equals).hasSize(5);
        assertThat(answers).filteredOn("refused: no key left of team"::equals).hasSize(35);
        assertThat(lab().ledger().accounts(LedgerLab.TENANT, Namespace.ENFORCE)).hasSize(5);
    }
}
